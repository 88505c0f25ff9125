// A disk of a few megabytes that a test may fill, or make read-only: a tmpfs, which only root can mount.

import { execFileSync } from 'node:child_process'
import { mkdtemp, open, rm, rmdir, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scope } from './scope.ts'

const isRoot = process.getuid?.() === 0
/** Options of a test that needs such a disk. */
export const ONLY_ROOT =
  process.platform === 'linux' && isRoot ? {} : { skip: 'only root may mount a file system, on Linux' }

export interface SmallDisk {
  readonly folder: string
  /** Takes all that is free but for so many bytes. */
  fill(leave?: number): Promise<void>
  /** Gives back what fill() took. */
  empty(): Promise<void>
  remount(mode: 'ro' | 'rw'): void
}

export async function mountSmallDisk(t: Scope, megabytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'tmpfs', folder])
  // Lazily: what a test left open is closed with its process.
  t.after(async () => {
    execFileSync('umount', ['--lazy', folder])
    await rmdir(folder)
  })
  const filler = join(folder, 'filler')
  return {
    folder,
    async fill(leave = 0) {
      const file = await open(filler, 'a')
      try {
        for (const size of [1_048_576, 65_536, 4096]) await fillBy(file, { size, folder, leave })
      } finally {
        await file.close()
      }
    },
    empty: () => rm(filler, { force: true }),
    remount(mode) {
      execFileSync('mount', ['-o', `remount,${mode}`, folder])
    },
  }
}

interface Filling {
  readonly size: number
  readonly folder: string
  readonly leave: number
}

async function fillBy(
  file: { write(bytes: Uint8Array): Promise<unknown> },
  { size, folder, leave }: Filling,
): Promise<void> {
  const bytes = new Uint8Array(size)
  for (;;) {
    const { bavail, bsize } = await statfs(folder)
    if (bavail * bsize < leave + size) return
    await file.write(bytes)
  }
}
