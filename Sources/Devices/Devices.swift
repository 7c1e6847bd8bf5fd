// Room: Devices.
