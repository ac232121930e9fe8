package import ArgumentParser
package import LocalFiles

extension LocalPath: ExpressibleByArgument {
    /// The path that an argument carries.
    package init?(argument: String) { self.init(argument) }

    package var defaultValueDescription: String { shown }

    package static var defaultCompletionKind: CompletionKind { .file() }
}
