import Foundation
import Runtime
import VLM

/// Makes `bank.safetensors` for a model that came without one.
public struct NegativeBankMaker {
    /// What was written.
    public struct WrittenBank: Sendable {
        /// The path of the file.
        public let path: String
        /// The number of features in it.
        public let count: Int
        /// The length of a feature.
        public let size: Int
    }

    private let model: any FrozenVLM
    private let directory: String

    /// Loads the model; throws `badData` when it cannot be used.
    public init(model directory: String, options: ModelOptions) throws(ServiceError) {
        self.directory = directory
        do {
            // A bank made with other options would not fit, and this one replaces it.
            model = try VLMLoader.load(directory: directory, options: try options.loadOptions(readsBank: false))
        } catch let error as VLMError {
            throw ServiceError(.badData, "the model in \(directory) cannot be used: \(error.message)", cause: error)
        } catch {
            throw ServiceError(.badData, "the model in \(directory) cannot be used", cause: error)
        }
    }

    /// Writes the features of a folder's photos, in the order of their names. `leftOut` is called with files that are
    /// not pictures. Throws `missingFile` for a folder that cannot be read, `badData` for too few photos,
    /// `cannotCreate` when the file cannot be written.
    public func write(photos: String, leftOut: (String, String) -> Void) throws(ServiceError) -> WrittenBank {
        let manager = FileManager.default
        guard let names = try? manager.contentsOfDirectory(atPath: photos) else {
            throw ServiceError(.missingFile, "the folder of photos \(photos) cannot be read")
        }
        var pooled: [[Float]] = []
        for name in names.sorted() where !name.hasPrefix(".") {
            let path = "\(photos)/\(name)"
            var isFolder: ObjCBool = false
            guard manager.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else { continue }
            do {
                let image = try RGBImage(decoding: [UInt8](Data(contentsOf: URL(filePath: path))))
                pooled.append(try model.features(of: image).pooled)
            } catch let error as VLMError {
                leftOut(name, error.message)
            } catch {
                leftOut(name, "it cannot be read")
            }
        }
        guard pooled.count >= NegativeFeatures.least else {
            throw ServiceError(
                .badData,
                "\(photos) has \(pooled.count) photos that can be read; a bank needs \(NegativeFeatures.least), better 150"
            )
        }
        let path = "\(directory)/\(NegativeBank.fileName)"
        do {
            let bank = try NegativeBank(pooled: pooled)
            try Data(bank.encoded()).write(to: URL(filePath: path), options: .atomic)
            return WrittenBank(path: path, count: pooled.count, size: bank.mean.count)
        } catch {
            throw ServiceError(
                .cannotCreate, "\(path) cannot be written: is the model's folder writable?", cause: error)
        }
    }
}
