import Client
import Foundation
import Hub
import LocalFiles
import Terminal
import VLM

/// The model that an evaluation is of.
enum EvaluatedModel {
    /// The folder that `--model` means: what is there, else a model of a hub in the cache. Nothing is fetched here.
    static func folder(_ model: LocalPath) throws(MyVLMError) -> String {
        do {
            guard FileStatus(model) == nil,
                case .hub(let id) = ModelReference.place(ofPath: model.text, exists: { _ in false })
            else { return model.text }
            let settings = try HubSettings(
                environment: ProcessInfo.processInfo.environment, home: UserEnvironment.home)
            guard let folder = try ModelCache(settings.cache).folder(of: id) else {
                throw MyVLMError(
                    .noInput,
                    "\(id) is no folder, and not in \(settings.cache.shown), or not whole: run `myvlmd model pull \(id)` first"
                )
            }
            return folder.text
        } catch let error as HubError {
            throw MyVLMError(error.code == .usage ? .usage : .noInput, error.message, cause: error)
        } catch let error as MyVLMError {
            throw error
        } catch {
            throw MyVLMError(.internalError, "the model cannot be looked up", cause: error)
        }
    }

    /// How it is loaded. Throws `usage` for a number format there is not.
    static func options(_ order: EvaluateArguments) throws(MyVLMError) -> LoadOptions {
        do {
            return try LoadOptions(
                numberFormat: order.dtype, tiles: order.tiles, headEncoder: order.headEncoder?.text, progress: nil)
        } catch {
            throw MyVLMError(.usage, (error as? VLMError)?.message ?? "\(error)", cause: error)
        }
    }
}
