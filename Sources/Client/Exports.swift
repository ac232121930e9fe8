// The messages of the API are the client's types: importing Client gives them, with their fields.
@_exported public import RPCMessages
