// Many files that the sample usb-backup writes to a volume, encrypted and not, against rsync, which copies them as they are, and against
// packing and hashing them without keeping anything; and once more when nothing has changed.

import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type BackupServer, startBackupServer } from '../backup/backup-server.ts'
import { bytesIn, makePlace } from '../backup/place.ts'
import { missingPrograms, PROGRAMS, runProgram } from '../backup/programs.ts'
import { makeSampleFiles, type SampleFiles } from '../backup/sample-files.ts'
import type { Figure } from '../figures/figure.ts'
import { type Column, ratioOf, tableOf } from '../figures/table.ts'
import { timed } from '../http.ts'
import { interleave, type Samples } from '../load/interleave.ts'
import { type Uses, watchProcesses } from '../processes/watch-processes.ts'
import type { Part, PartOptions } from './part.ts'

type Options = Pick<PartOptions, 'rounds' | 'megabytes'>

export async function measureBackup(options: Options): Promise<Part> {
  const missing = missingPrograms()
  if (missing.length > 0) {
    console.log(`Passed over: install ${missing.join(', ')}`)
    return { tables: {}, figures: [] }
  }
  const place = await makePlace(1e6 * options.megabytes)
  try {
    return await measureIn(place, options)
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

interface Sample {
  readonly megabytesPerSecond: number
  readonly cpuMs: number | null
  /** None of a program. */
  readonly uses: Uses
  /** Of a backup. */
  readonly again: Again | null
}

/** A second backup, of the same. */
interface Again {
  readonly seconds: number
  /** By which the drive is fuller. */
  readonly bytes: number
}

type Measure = () => Promise<Sample>

async function measureIn(place: string, { rounds, megabytes }: Options): Promise<Part> {
  const folder = join(place, 'files')
  const made = await makeSampleFiles(folder, megabytes)
  // A drive for each backup: the one that warms up, and one a round.
  const drives = Array.from({ length: 2 * (rounds + 1) }, (_, at) => join(place, `drive-${at}`))
  for (const drive of drives) await mkdir(drive)
  const server = await startBackupServer({ folder, data: join(place, 'runtime'), drives })
  try {
    const ids = await server.drives()
    const stock = drives.map((path, at) => ({ path, id: ids[at] ?? '' }))
    const backup = (passphrase?: string) => async () => {
      const drive = stock.shift()
      if (drive === undefined) throw new Error('no drive is left')
      await server.encrypt(passphrase)
      return await backUp(server, made, drive)
    }
    const program = (script: string) => async () => {
      const copy = join(place, 'program')
      await mkdir(copy)
      let cpuMs = 0
      const ms = await timed(async () => {
        cpuMs = await runProgram(script, folder, copy)
      })
      await rm(copy, { recursive: true })
      return { megabytesPerSecond: made.bytes / 1000 / ms, cpuMs, uses: new Map(), again: null }
    }
    const contenders = new Map<string, Measure>([
      ['plugbay', backup()],
      ['age', backup('correct horse battery staple')],
      ['rsync', program(PROGRAMS.rsync)],
      ['tar', program(PROGRAMS.tar)],
    ])
    const run = (measure: Measure) => measure()
    const samples = await interleave(contenders, { rounds, warmUp: run, sample: run })
    return report(`${made.files} files, ${megabytes} MB`, samples)
  } finally {
    await server.stop()
  }
}

interface Drive {
  readonly path: string
  readonly id: string
}

async function backUp(server: BackupServer, made: SampleFiles, { path, id }: Drive): Promise<Sample> {
  const work = async () => {
    const { files, bytes } = await server.backUp(id)
    if (files !== made.files || bytes !== made.bytes) throw new Error(`${files} files with ${bytes} bytes`)
  }
  const { ms, uses } = await watchProcesses(server.pid, work)
  const before = await bytesIn(path)
  const seconds = (await timed(work)) / 1000
  const bytes = (await bytesIn(path)) - before
  await rm(join(path, 'plugbay'), { recursive: true })
  const cpuMs = uses.size === 0 ? null : [...uses.values()].reduce((sum, use) => sum + use.cpuMs, 0)
  return { megabytesPerSecond: made.bytes / 1000 / ms, cpuMs, uses, again: { seconds, bytes } }
}

const COLUMNS: readonly Column<Sample>[] = [
  { title: 'MB/s', of: (sample) => sample.megabytesPerSecond, digits: 0 },
  { title: 'CPU ms', of: (sample) => sample.cpuMs, digits: 0 },
  { title: 'unchanged: s', of: ({ again }) => again?.seconds ?? null, digits: 2 },
  { title: 'unchanged: bytes', of: ({ again }) => again?.bytes ?? null, digits: 0 },
]

function report(what: string, samples: Samples<Sample>): Part {
  const { plugbay = [], age = [] } = samples
  const names = [...new Set([...plugbay, ...age].flatMap(({ uses }) => [...uses.keys()]))]
  const columns = (key: 'cpuMs' | 'memory') =>
    names.map((title) => ({ title, of: ({ uses }: Sample) => uses.get(title)?.[key] ?? null, digits: 0 }))
  const speed = (sample: Sample) => sample.megabytesPerSecond
  const backups = { plugbay, age }
  return {
    tables: {
      [what]: tableOf(samples, COLUMNS),
      'CPU ms of each process': tableOf(backups, columns('cpuMs')),
      'MB of each process at its highest': tableOf(backups, columns('memory')),
    },
    figures: [
      ...ratioOf(samples, 'backup: MB/s against rsync -a', {
        ...{ of: speed, to: 'rsync', better: 'higher', aim: 0.7 },
      }),
      ...ratioOf(samples, 'backup: MB/s against tar | zstd | sha256sum', {
        ...{ of: speed, to: 'tar', better: 'higher' },
      }),
      { name: 'backup: MB/s', unit: 'MB/s', better: 'higher', rounds: plugbay.map(speed) },
      { name: 'backup with age: MB/s', unit: 'MB/s', better: 'higher', aim: 150, rounds: age.map(speed) },
      ...unchanged('backup', plugbay),
      ...unchanged('backup with age', age),
      ...memory('backup', plugbay),
      ...memory('backup with age', age),
    ],
  }
}

function unchanged(name: string, samples: readonly Sample[]): readonly Figure[] {
  const all = samples.map(({ again }) => again).filter((again) => again !== null)
  return [
    {
      ...{ name: `${name} of what has not changed`, unit: 'ms', better: 'lower' },
      rounds: all.map(({ seconds }) => 1000 * seconds),
    },
    {
      ...{ name: `${name} of what has not changed: written`, unit: 'bytes', better: 'lower' },
      rounds: all.map(({ bytes }) => bytes),
    },
  ]
}

function memory(name: string, samples: readonly Sample[]): readonly Figure[] {
  const known = samples.map(({ uses }) => uses).filter(({ size }) => size > 0)
  const figure = (of: string, wanted: (process: string) => boolean): Figure => ({
    ...{ name: `${name}: memory of the ${of} at its highest`, unit: 'MB', better: 'lower' },
    rounds: known.map((uses) =>
      [...uses].reduce((sum, [process, use]) => (wanted(process) ? sum + use.memory : sum), 0),
    ),
  })
  return [
    figure('runtime', (process) => process === 'runtime'),
    figure('sandbox', (process) => process === 'sandbox'),
    figure('other processes', (process) => !['runtime', 'sandbox'].includes(process)),
  ]
}
