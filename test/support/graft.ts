// Puts a good plugin into a hostile archive without repairing it, so that "no manifest" cannot be the reason to refuse it.
// Invariant: the donor's bytes stay as they are, but for the counts, sizes and offset of its end record.

const END = Buffer.from('PK\x05\x06', 'latin1')
const CENTRAL = Buffer.from('PK\x01\x02', 'latin1')
const LOCATOR = Buffer.from('PK\x06\x07', 'latin1')

/** The donor with the seed's entries in front of its directory; undefined when there is no place to put them. */
export function graft(seed: Uint8Array, donor: Uint8Array): Uint8Array | undefined {
  const data = Buffer.from(donor)
  const at = findEnd(data)
  if (at === undefined || (at >= 20 && data.subarray(at - 20, at - 16).equals(LOCATOR))) {
    return undefined
  }
  const countHere = data.readUInt16LE(at + 8)
  const count = data.readUInt16LE(at + 10)
  const size = data.readUInt32LE(at + 12)
  const start = data.readUInt32LE(at + 16)
  if (countHere === 0xffff || count === 0xffff || size === 0xffffffff || start === 0xffffffff) {
    return undefined
  }
  const shift = shiftOf(data, { at, size, start })
  const place = start + shift
  if (place > at || (count > 0 && !data.subarray(place, place + 4).equals(CENTRAL))) {
    return undefined
  }
  const { body, directory } = partsOf(Buffer.from(seed), start)
  const end = Buffer.from(data.subarray(at, at + 22))
  const added = directory.length
  end.writeUInt16LE((countHere + added) & 0xffff, 8)
  end.writeUInt16LE((count + added) & 0xffff, 10)
  end.writeUInt32LE(size + directory.reduce((sum, record) => sum + record.length, 0), 12)
  end.writeUInt32LE(start + body.length, 16)
  return Buffer.concat([
    data.subarray(0, place),
    body,
    ...directory,
    data.subarray(place, at),
    end,
    data.subarray(at + 22),
  ])
}

/** The end record whose comment ends the file, or else the last one. */
function findEnd(data: Buffer): number | undefined {
  let last: number | undefined
  const lowest = Math.max(0, data.length - 70_000)
  for (let at = data.lastIndexOf(END); at >= lowest; at = at === 0 ? -1 : data.lastIndexOf(END, at - 1)) {
    if (at + 22 > data.length) {
      continue
    }
    if (at + 22 + data.readUInt16LE(at + 20) === data.length) {
      return at
    }
    last ??= at
  }
  return last
}

/** How many bytes stand in front of the archive without being counted by its offsets. */
function shiftOf(data: Buffer, { at, size, start }: { at: number; size: number; start: number }): number {
  const gap = at - size - start
  return gap > 0 && data.subarray(at - size, at - size + 4).equals(CENTRAL) ? gap : 0
}

function partsOf(
  seed: Buffer,
  base: number,
): { readonly body: Buffer; readonly directory: readonly Buffer[] } {
  const end = seed.lastIndexOf(END)
  const start = seed.readUInt32LE(end + 16)
  const directory: Buffer[] = []
  let at = start
  for (let index = seed.readUInt16LE(end + 10); index > 0; index -= 1) {
    const length = 46 + seed.readUInt16LE(at + 28) + seed.readUInt16LE(at + 30) + seed.readUInt16LE(at + 32)
    const record = Buffer.from(seed.subarray(at, at + length))
    record.writeUInt32LE(record.readUInt32LE(42) + base, 42)
    directory.push(record)
    at += length
  }
  return { body: seed.subarray(0, start), directory }
}
