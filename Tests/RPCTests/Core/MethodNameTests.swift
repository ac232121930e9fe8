import RPC
import Testing

@Test(.timeLimit(.minutes(10))) func pathOfAMethod() {
    #expect(MethodName(service: "myvlm.v1.Accounts", method: "Login").path == "/myvlm.v1.Accounts/Login")
}
