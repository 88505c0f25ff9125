// Small files with real content for a new library: a tone as a WAV file, and a picture as a PNG file.

import { crc32, deflateSync } from 'node:zlib'

const RATE = 8000

/** Eight bits, one channel. @param notes in hertz, one after the other, a quarter of a second each */
export function tone(notes: readonly number[]): Buffer {
  const length = RATE / 4
  const samples = Buffer.alloc(length * notes.length)
  for (const [index, hertz] of notes.entries())
    for (let at = 0; at < length; at += 1) {
      const volume = 90 * (1 - at / length)
      samples[index * length + at] = 128 + Math.round(volume * Math.sin((2 * Math.PI * hertz * at) / RATE))
    }
  const head = Buffer.alloc(44)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(36 + samples.length, 4)
  head.write('WAVEfmt ', 8, 'latin1')
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(RATE, 24)
  head.writeUInt32LE(RATE, 28)
  head.writeUInt16LE(1, 32)
  head.writeUInt16LE(8, 34)
  head.write('data', 36, 'latin1')
  head.writeUInt32LE(samples.length, 40)
  return Buffer.concat([head, samples])
}

/** A sky above land, 96 by 64 pixels. @param sky @param land "#rrggbb" */
export function picture(sky: string, land: string): Buffer {
  const [width, height] = [96, 64]
  const rows = Array.from({ length: height }, (_, y) => {
    const horizon = (x: number) => 38 + 6 * Math.sin(x / 11)
    const row = Array.from({ length: width }, (__, x) => rgb(y < horizon(x) ? sky : land, 1 - y / 200))
    return Buffer.from([0, ...row.flat()])
  })
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function rgb(colour: string, light: number): readonly number[] {
  return [1, 3, 5].map((at) => Math.round(Number.parseInt(colour.slice(at, at + 2), 16) * light))
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  check.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, check])
}
