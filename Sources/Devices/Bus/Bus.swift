import GuestMemory

/// The board's device address space: which device answers at a guest-physical address.
///
/// Reached on a miss only (memory never comes here), so clarity wins over speed. An access that no device answers, that
/// passes a device's end, or that is not naturally aligned is an access fault (privileged specification 1.12 section
/// 3.6, physical memory attributes).
public final class Bus {
    /// One device and where it is.
    public struct Region {
        public let base: GuestPhysicalAddress
        public let device: any MMIODevice
    }

    public enum AttachError: Error, Equatable, CustomStringConvertible {
        case overlap(device: String, other: String, base: GuestPhysicalAddress)
        case outsideAddressSpace(device: String, base: GuestPhysicalAddress)

        public var description: String {
            switch self {
            case .overlap(let device, let other, let base):
                "\(device) at \(base) overlaps \(other) on the bus"
            case .outsideAddressSpace(let device, let base):
                "\(device) at \(base) is empty or passes the end of the address space"
            }
        }
    }

    /// The attached devices by rising address, never overlapping.
    public private(set) var regions: [Region] = []

    public init() {}

    /// Puts `device` at `base ..< base + device.size`.
    public func attach(_ device: any MMIODevice, at base: GuestPhysicalAddress) throws(AttachError) {
        let (end, overflow) = base.rawValue.addingReportingOverflow(device.size)
        guard device.size > 0, !overflow else {
            throw .outsideAddressSpace(device: device.name, base: base)
        }
        for region in regions
        where region.base.rawValue < end && base.rawValue < region.base.rawValue + region.device.size {
            throw .overlap(device: device.name, other: region.device.name, base: base)
        }
        let index = regions.firstIndex { $0.base > base } ?? regions.endIndex
        regions.insert(Region(base: base, device: device), at: index)
    }

    /// Reads `size` bytes (1, 2, 4 or 8), zero-extended; nil is an access fault.
    public func read(address: GuestPhysicalAddress, size: Int) -> UInt64? {
        guard let region = region(for: address, size: size) else { return nil }
        let value = region.device.read(offset: address.rawValue - region.base.rawValue, size: size)
        return value & Bus.mask(size)
    }

    /// Writes the low `size` bytes (1, 2, 4 or 8) of `value`; false is an access fault.
    public func write(address: GuestPhysicalAddress, size: Int, value: UInt64) -> Bool {
        guard let region = region(for: address, size: size) else { return false }
        region.device.write(
            offset: address.rawValue - region.base.rawValue, value: value & Bus.mask(size), size: size)
        return true
    }

    /// The region that holds the whole access, when its width and alignment are ones that a device can see.
    private func region(for address: GuestPhysicalAddress, size: Int) -> Region? {
        guard size == 1 || size == 2 || size == 4 || size == 8,
            address.rawValue & UInt64(size - 1) == 0
        else { return nil }
        var low = 0
        var high = regions.count
        while low < high {
            let middle = (low + high) / 2
            if regions[middle].base <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        let region = regions[low - 1]
        let offset = address.rawValue - region.base.rawValue
        guard offset < region.device.size, UInt64(size) <= region.device.size - offset else { return nil }
        return region
    }

    private static func mask(_ size: Int) -> UInt64 { size == 8 ? ~0 : (1 << UInt64(8 * size)) - 1 }
}
