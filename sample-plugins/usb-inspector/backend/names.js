// Names for devices, as the page uses them in addresses. A device keeps its name while it is plugged in and this instance runs; a name is
// never given again.

export function createNames() {
  const names = new WeakMap()
  const nameOf = (device) => {
    if (!names.has(device)) names.set(device, crypto.randomUUID())
    return names.get(device)
  }
  return { nameOf, find: (devices, name) => devices.find((device) => nameOf(device) === name) }
}
