// Pictures are in the signatures of the models: whoever imports VLM sees them.
@_exported public import Images
