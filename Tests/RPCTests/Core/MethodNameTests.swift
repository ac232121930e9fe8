import RPC
import Testing

@Test func pathOfAMethod() {
    #expect(MethodName(service: "myvlm.v1.Accounts", method: "Login").path == "/myvlm.v1.Accounts/Login")
}
