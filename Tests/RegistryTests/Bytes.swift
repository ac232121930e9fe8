import Foundation

func readAll(_ path: String) async throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

func contains(_ bytes: Data, _ text: String) -> Bool { bytes.range(of: Data(text.utf8)) != nil }
