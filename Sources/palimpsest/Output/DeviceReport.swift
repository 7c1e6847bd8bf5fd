import Machine

/// The fields of every device, by reflection, so that none is forgotten.
struct DeviceReport: Encodable {
    /// Device, then field, to the value as people read it.
    let devices: [String: [String: String]]

    init(_ state: DevicesState) {
        devices = Dictionary(
            uniqueKeysWithValues: Mirror(reflecting: state).children.map { device in
                let fields = Mirror(reflecting: device.value).children.map { ($0.label ?? "", "\($0.value)") }
                return (device.label ?? "", Dictionary(uniqueKeysWithValues: fields))
            })
    }

    var lines: [String] {
        devices.sorted { $0.key < $1.key }.flatMap { device, fields in
            fields.sorted { $0.key < $1.key }.map { "\(device) \($0) \($1)" }
        }
    }

    func encode(to encoder: any Encoder) throws { try devices.encode(to: encoder) }
}
