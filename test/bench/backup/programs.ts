// The programs that a backup is compared with.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'

export const PROGRAMS: Readonly<Record<'rsync' | 'tar', string>> = {
  rsync: 'rsync -a "$1/" "$2/copy"',
  // Nothing is stored: what packing and hashing cost alone.
  tar: 'tar -C "$1" -cf - . | zstd -q -3 | sha256sum',
}

/** Names of those that are not installed. */
export function missingPrograms(): readonly string[] {
  return ['rsync', 'tar', 'zstd', 'sha256sum'].filter(
    (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).error !== undefined,
  )
}

/** @returns milliseconds of CPU time */
export async function runProgram(script: string, from: string, to: string): Promise<number> {
  const child = spawn('sh', ['-ec', `${script}\ntimes`, 'sh', from, to], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${script} ended with ${code}`)
  return childrenMs(text)
}

/** What `times` of a shell says of its children, in its last line: "0m1.250000s 0m0.500000s". */
export function childrenMs(text: string): number {
  const words =
    text
      .trimEnd()
      .split('\n')
      .at(-1)
      ?.matchAll(/(\d+)m([\d.]+)s/g) ?? []
  return [...words].reduce(
    (sum, [, minutes, seconds]) => sum + 60_000 * Number(minutes) + 1000 * Number(seconds),
    0,
  )
}
