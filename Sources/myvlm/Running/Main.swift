import Terminal

@main
enum Main {
    static func main() async { await TerminalProgram(MyVLM.self).runAndExit() }
}
