/// Generates one image from a seed: a prologue, trap handlers, segments of random instructions in random privilege modes
/// and translation modes, and an epilogue that writes the registers to memory.
///
/// The generator keeps away from whatever the specification leaves open and QEMU decides in its own way; each such
/// place is marked `Excluded:` with the reason, and listed in this target's README.md.
final class StreamGenerator {
    enum Mode: UInt64 { case user = 0, supervisor = 1, machine = 3 }
    enum Translation { case bare, sv39, sv48 }

    let seed: UInt64
    let profile: StreamProfile
    var random: SeededRandom
    var asm = Assembler(origin: ImageLayout.ram)
    private var notes: [StreamImage.Note] = []

    // What holds at the place where code is being generated.
    var mode = Mode.machine
    var translation = Translation.bare
    /// The interrupts that this stream raises.
    ///
    /// Excluded: SEIP pending together with SSIP or STIP. QEMU 7.2 takes the one with the lowest number first, the
    /// specification the external one.
    let raisedInterrupts: UInt64
    /// The segment's delegation of exceptions and interrupts to S-mode, and its mstatus.TSR.
    var medeleg: UInt64 = 0
    var mideleg: UInt64 = 0
    var trapsSRET = false
    var trapsWFI = false
    /// Loops do not nest, and items that bind many labels stay out of compressed branches' reach.
    var insideLoop = false

    init(seed: UInt64, profile: StreamProfile) {
        self.seed = seed
        self.profile = profile
        random = SeededRandom(seed: seed)
        raisedInterrupts = random.chance(70) ? 0x022 : 0x200
    }

    static func image(seed: UInt64, profile: StreamProfile) -> StreamImage {
        let generator = StreamGenerator(seed: seed, profile: profile)
        return generator.build()
    }

    private func build() -> StreamImage {
        let start = asm.newLabel()
        asm.jump(0, to: start)
        let vectors = emitHandlers()
        asm.bind(start)
        emitPrologue(vectors)
        let stream = asm.newLabel()
        let epilogue = asm.newLabel()
        asm.loadAddress(5, of: stream)
        asm.jalr(0, 5, 0)
        asm.bind(epilogue)
        let end = emitEpilogue()

        asm.pad(to: ImageLayout.stream)
        asm.bind(stream)
        note("begin")
        for _ in 0..<profile.segmentCount where asm.here < ImageLayout.streamEnd - 0x2_0000 { emitSegment() }
        note("end of stream")
        asm.loadAddress(5, of: epilogue)
        asm.jalr(0, 5, 0)

        asm.pad(to: ImageLayout.pool)
        emitPool()
        asm.pad(to: ImageLayout.data)
        for _ in 0..<ImageLayout.dataByteCount / 8 { asm.emitDouble(random.next()) }
        asm.pad(to: ImageLayout.tables)
        emitPageTables()
        asm.pad(to: ImageLayout.playground)
        emitPlayground()
        return StreamImage(
            seed: seed, profile: profile.name, bytes: asm.finish(), begin: ImageLayout.stream,
            end: asm.address(of: end), notes: notes)
    }

    func note(_ text: String) { notes.append(.init(address: asm.here, text: text)) }

    /// Whether data accesses go through a page table here.
    var isTranslated: Bool { mode != .machine && translation != .bare }

    // MARK: registers

    /// A register the stream may write: x1…x24, rarely x0.
    func destination() -> Int { random.chance(4) ? 0 : random.within(1...24) }
    func source() -> Int { random.chance(5) ? 0 : random.within(1...24) }
    func float() -> Int { random.below(32) }

    /// A destination other than x0 and other than `others`.
    func scratch(not others: Int...) -> Int {
        while true {
            let register = random.within(1...24)
            if !others.contains(register) { return register }
        }
    }

    // MARK: segments

    private func emitSegment() {
        enterSegment()
        for register in 1...24 where random.chance(30) { loadOperand(register) }
        for _ in 0..<profile.itemsPerSegment { emitItem() }
        leaveSegment()
    }

    func emitItem() {
        let family = random.pick(weighted: profile.families)
        note("\(mode) \(translation) \(family)")
        switch family {
        case .integer: integerItem()
        case .multiply: multiplyItem()
        case .operand: loadOperand(random.within(1...24))
        case .memory: memoryItem()
        case .atomic: atomicItem()
        case .float: floatItem()
        case .compressed: compressedItem()
        case .control: controlItem()
        case .csr: csrItem()
        case .trap: trapItem()
        case .privileged: privilegedItem()
        case .interrupt: interruptItem()
        case .paging: pagingItem()
        case .selfModifying: selfModifyingItem()
        }
    }

    /// Sets up delegation, mstatus and satp in M-mode and goes to the segment's mode.
    private func enterSegment() {
        let (nextMode, nextTranslation) = random.pick(profile.modes)
        note("enter \(nextMode) \(nextTranslation)")
        // Excluded: TSR together with delegation, where the S-mode handler's own SRET would trap.
        trapsSRET = nextMode != .machine && random.chance(15)
        medeleg = !trapsSRET && random.chance(60) ? random.next() & delegableExceptions : 0
        mideleg = trapsSRET ? 0 : random.next() & delegableInterrupts
        asm.csrw(CSR.medeleg, constant: medeleg, via: 5)
        asm.csrw(CSR.mideleg, constant: mideleg, via: 5)
        asm.csrw(CSR.mie, constant: random.next() & 0x222, via: 5)
        asm.csrw(CSR.satp, constant: satp(nextTranslation), via: 5)
        asm.sfenceVMA()
        asm.csrw(CSR.mcounteren, constant: random.next() & 7, via: 5)
        asm.csrw(CSR.scounteren, constant: random.next() & 7, via: 5)
        // MIE stays clear: an interrupt between here and MRET would overwrite MPP and mepc.
        var status = randomStatus() & ~(3 << 11 | 7 << 20 | 3 << 13 | 8) | nextMode.rawValue << 11
        status |= floatEnabled() ? 3 << 13 : 0
        if nextMode != .machine {
            status |= random.chance(15) ? 1 << 20 : 0
            trapsWFI = random.chance(15)
            status |= trapsWFI ? 1 << 21 : 0
            status |= trapsSRET ? 1 << 22 : 0
        }
        asm.csrw(CSR.mstatus, constant: status, via: 5)
        let target = asm.newLabel()
        let usesAlias = nextMode == .user && nextTranslation != .bare
        asm.loadAddress(5, of: target, displacement: usesAlias ? -Int(ImageLayout.userAlias) : 0)
        asm.csrw(CSR.mepc, 5)
        asm.mret()
        asm.bind(target)
        mode = nextMode
        translation = nextTranslation
        loadBases()
    }

    /// Back to M-mode at physical addresses, whatever the mode: see the handlers' use of x28.
    private func leaveSegment() {
        note("leave")
        asm.addi(Reserved.command, 0, 1)
        asm.ecall()
        mode = .machine
        translation = .bare
    }

    /// x26 and x27 are relative to the program counter, so that they suit the user alias too.
    func loadBases() {
        loadAddress(Reserved.data, ImageLayout.data + ImageLayout.dataByteCount / 2)
        loadAddress(Reserved.pool, ImageLayout.pool + 2048)
    }

    /// A physical address, or its user alias when running there: `auipc`, `addi`.
    func loadAddress(_ rd: Int, _ address: UInt64) {
        let (page, low) = Assembler.split(Int(address) - Int(asm.here))
        asm.emit(Encode.upper(Opcode.addUpperToPC, rd: rd, page: page))
        asm.addi(rd, rd, low)
    }

    func loadOperand(_ rd: Int) {
        asm.load(3, rd, random.below(ImageLayout.poolEntryCount) * 8 - 2048, Reserved.pool)
    }

    private func emitPool() {
        for _ in 0..<ImageLayout.poolEntryCount {
            let isFloat = random.chance(profile.floatOperands)
            asm.emitDouble(isFloat ? EdgeValues.register(&random, singles: 50) : EdgeValues.integer(&random))
        }
    }

    private func floatEnabled() -> Bool { random.chance(profile.floatEnabled) }
}
