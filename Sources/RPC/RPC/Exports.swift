// Importing RPC also gives the messages, the status codes and errors, and Endpoint: they are all in its signatures.
@_exported public import RPCCore
@_exported public import RPCMessages
@_exported public import RPCTransport
