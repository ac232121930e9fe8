import RPC
import Testing

/// What the options of `proto/` say of each method.
@Suite(.timeLimit(.minutes(10))) struct MethodCatalogTests {
    @Test func everyMethodOfEveryServiceHasRules() {
        let names =
            AccountsMethods.all + AdminMethods.all + ConceptsMethods.all + JobsMethods.all + ServerMethods.all
            + VisionMethods.all
        #expect(names.count > 60)
        #expect(Set(MethodCatalog.all.map(\.name)) == Set(names) && MethodCatalog.all.count == names.count)
        for name in names {
            #expect(MethodCatalog.method(name)?.name == name)
            #expect(MethodCatalog.method(name)?.rules != nil, "\(name)")
        }
        #expect(MethodCatalog.method(MethodName(service: "myvlm.v1.Accounts", method: "Nothing")) == nil)
    }

    /// What a stranger sends is parsed before anybody is known.
    @Test func loginAloneIsForStrangersAndSmall() {
        let open = MethodCatalog.all.filter { $0.rules?.scope == .strangers }
        #expect(open.map(\.name) == [AccountsMethods.login.name])
        #expect(open.allSatisfy { ($0.rules?.requestBytes ?? .max) <= 4 << 10 })
        #expect(open.allSatisfy { ($0.rules?.memoryBytes ?? .max) <= 64 << 10 })
    }

    @Test func callsThatStayOpenCountAsStreamsAndHaveNoDeadline() throws {
        for method in MethodCatalog.all {
            let rules = try #require(method.rules)
            #expect(rules.countsAsStream == (method.kind != .unary), "\(method.name)")
            if rules.countsAsStream { #expect(rules.deadline == nil, "\(method.name)") }
            #expect(rules.memoryBytes > rules.requestBytes, "\(method.name)")
        }
    }

    /// Reading changes nothing, and what may be asked again without a thought is reading.
    @Test func onlyReadingAndLookingHaveNoSideEffects() throws {
        for method in MethodCatalog.all {
            let rules = try #require(method.rules)
            if rules.scope == .read || rules.scope == .query {
                #expect(rules.repetition == .withoutSideEffects, "\(method.name)")
            }
        }
        for method in [
            AccountsMethods.login.name, AccountsMethods.createToken.name, ConceptsMethods.enroll.name,
            ConceptsMethods.rollback.name, ConceptsMethods.uploadPhotos.name, AdminMethods.createBackup.name,
        ] { #expect(MethodCatalog.method(method)?.rules?.repetition == .worksAgain, "\(method)") }
    }

    @Test func optionsOfARegistrationAreTheRulesUnlessTheySayOtherwise() {
        let rules = MethodRules(
            scope: .any, requestBytes: 10, memoryBytes: 20, repetition: .idempotent, executor: .sockets)
        let options = MethodOptions(rules)
        #expect(options.maximumRequestBytes == 10 && options.unpackedBytes == 20 && options.executor == .loop)
        let none = MethodOptions(nil)
        #expect(none.maximumRequestBytes == nil && none.unpackedBytes == nil && none.executor == .global)
    }
}
