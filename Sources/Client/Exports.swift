// The messages of the API are the client's types: whoever imports Client sees them, with their fields.
@_exported public import RPCMessages
