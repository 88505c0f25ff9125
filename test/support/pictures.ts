// Photos for tests: PNGs that browsers decode, of any size on the disk.

import { randomBytes } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'

/**
 * A sky over a field, with a sun. @param grain 0 for a small file; 255 for one whose pixels cannot be compressed
 */
export function landscape(width: number, height: number, { hue = 0, grain = 0 } = {}): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 3))
  const noise = grain === 0 ? undefined : randomBytes(width * height * 3)
  const horizon = height * 0.62
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isSun = Math.hypot(x - width * 0.7, y - height * 0.3) < height * 0.1
      const hill = horizon + Math.sin((x / width) * 5 + hue) * height * 0.06
      const fade = y / height
      const [red, green, blue] = isSun
        ? [255, 236, 150]
        : y > hill
          ? [60 + hue * 20, 130 - fade * 60, 70 + hue * 8]
          : [120 + fade * 120 - hue * 10, 170 + fade * 40, 235 - fade * hue * 40]
      const at = y * (1 + width * 3) + 1 + x * 3
      for (const [n, value] of [red, green, blue].entries()) {
        const more = noise === undefined ? 0 : (((noise[(y * width + x) * 3 + n] ?? 0) - 128) * grain) / 255
        rows[at + n] = Math.max(0, Math.min(255, (value ?? 0) + more))
      }
    }
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(typed))
  return Buffer.concat([length, typed, sum])
}
