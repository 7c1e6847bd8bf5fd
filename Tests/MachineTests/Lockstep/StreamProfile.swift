/// What a stream is made of. A narrow profile reaches corners that a mixture of everything would only brush.
struct StreamProfile: Sendable {
    enum Family: Sendable {
        case integer, multiply, operand, memory, atomic, float, compressed, control, csr, trap, privileged, interrupt
        case paging, selfModifying
    }

    let name: String
    let families: [(Family, Int)]
    let modes: [(StreamGenerator.Mode, StreamGenerator.Translation)]
    var segmentCount = 6
    var itemsPerSegment = 60
    /// Per cent of segments with mstatus.FS = Dirty rather than Off.
    var floatEnabled = 85
    /// Per cent of the operand pool that is floating point.
    var floatOperands = 30

    static let machineOnly: [(StreamGenerator.Mode, StreamGenerator.Translation)] = [(.machine, .bare)]
    static let everywhere: [(StreamGenerator.Mode, StreamGenerator.Translation)] = [
        (.machine, .bare), (.supervisor, .bare), (.supervisor, .sv39), (.supervisor, .sv48), (.user, .bare),
        (.user, .sv39), (.user, .sv48),
    ]
    static let translated: [(StreamGenerator.Mode, StreamGenerator.Translation)] = [
        (.supervisor, .sv39), (.supervisor, .sv48), (.user, .sv39), (.user, .sv48),
    ]

    static let all: [StreamProfile] = [
        StreamProfile(
            name: "integer", families: [(.integer, 6), (.multiply, 5), (.operand, 4), (.control, 1)],
            modes: machineOnly, segmentCount: 4, itemsPerSegment: 200, floatOperands: 0),
        StreamProfile(
            name: "memory", families: [(.integer, 2), (.memory, 8), (.operand, 2), (.control, 1)], modes: everywhere),
        StreamProfile(
            name: "atomic", families: [(.atomic, 8), (.operand, 3), (.memory, 1), (.integer, 1)], modes: everywhere),
        StreamProfile(
            name: "float", families: [(.float, 20), (.operand, 1), (.integer, 1)], modes: machineOnly,
            segmentCount: 3, itemsPerSegment: 250, floatEnabled: 100, floatOperands: 100),
        StreamProfile(
            name: "compressed", families: [(.compressed, 12), (.operand, 2), (.integer, 1), (.control, 2)],
            modes: everywhere, itemsPerSegment: 100),
        StreamProfile(
            name: "csr", families: [(.csr, 12), (.operand, 2), (.float, 1), (.integer, 1)], modes: everywhere,
            segmentCount: 8, floatEnabled: 60),
        StreamProfile(
            name: "trap", families: [(.trap, 8), (.integer, 2), (.memory, 1), (.operand, 1), (.csr, 1)],
            modes: everywhere, segmentCount: 8),
        StreamProfile(
            name: "privilege",
            families: [(.privileged, 6), (.interrupt, 5), (.csr, 4), (.trap, 2), (.integer, 2), (.memory, 1)],
            modes: everywhere, segmentCount: 10, itemsPerSegment: 40),
        StreamProfile(
            name: "paging", families: [(.paging, 10), (.memory, 2), (.integer, 1), (.atomic, 1), (.csr, 1)],
            modes: translated, segmentCount: 8),
        StreamProfile(
            name: "selfModifying", families: [(.selfModifying, 6), (.integer, 3), (.control, 2), (.compressed, 1)],
            modes: everywhere, segmentCount: 6),
        StreamProfile(
            name: "mixed",
            families: [
                (.integer, 4), (.multiply, 2), (.operand, 3), (.memory, 4), (.atomic, 2), (.float, 6),
                (.compressed, 5), (.control, 3), (.csr, 3), (.trap, 2), (.privileged, 1), (.interrupt, 1),
                (.paging, 4), (.selfModifying, 1),
            ],
            modes: everywhere, segmentCount: 8),
    ]
}
