// Runs inside the virtual machine: mounts every stick as it comes, as a desktop does, and says what our volumes say of it and what
// happens to a file that is written there. A line of JSON each.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { createVolumes, type VolumePlace } from '../../../runtime/devices/volumes/volumes.ts'
import { openFiles } from '../../../runtime/files/files.ts'
import type { Folder } from '../../../runtime/files/folder.ts'
import { createLog } from '../../../runtime/log.ts'
import { NO_JAIL } from '../../../runtime/processes/jail/jail.ts'

function say(event: string, detail: unknown): void {
  process.stdout.write(`PROBE ${JSON.stringify({ event, detail })}\n`)
}

/** The place of every stick: there is one port. */
const TARGET = '/run/stick'
const files = openFiles({ jail: NO_JAIL, log: createLog('error'), charge: () => undefined })
const volumes = createVolumes({ roots: [], dataFolder: 'plugbay', drives: true, files })

let opened: { readonly folder: Folder; readonly place: VolumePlace } | undefined
/** Changes are worked on one after the other. */
let queue = Promise.resolve()
volumes.subscribe(({ kind, drive }) => {
  queue = queue
    .then(() => (kind === 'mounted' ? work(drive.id) : lookAgain()))
    .catch((error) => say('error', String(error)))
})

async function work(id: string): Promise<void> {
  say('list', await volumes.list())
  const place = volumes.find(id)
  if (place === undefined) return say('error', 'The drive was not found')
  if (opened !== undefined)
    say('old folder on the new drive', await outcome(() => opened?.folder.facts(['kept'])))
  const granted = {
    ...{ pluginId: 'keeper', root: place.path, base: ['plugbay', 'keeper'], name: 'keeper', isOwn: true },
    mode: 'readwrite',
    maxBytes: 1e9,
    permit() {
      if (!volumes.isThere(place)) throw new Error('The volume was removed')
    },
  } as const
  await files.prepare(granted)
  const folder = files.grant(granted)
  opened = { folder, place }
  const before = await outcome(() => folder.facts(['kept']))
  say('file before', before)
  await folder.create(['kept'], 'file').catch(() => undefined)
  const writer = await folder.openWriter(['kept'], { keep: false, isExclusive: false })
  for (let i = 0; i < 4; i++) await writer.write(i * 65_536, new Uint8Array(65_536).fill(i + 1))
  await writer.commit()
  say('written', await outcome(() => folder.facts(['kept'])))
}

async function lookAgain(): Promise<void> {
  say('gone', [await volumes.list(), opened && (await outcome(() => opened?.folder.facts(['kept'])))])
}

async function outcome<T>(
  run: () => Promise<T> | undefined,
): Promise<T | undefined | { readonly error: string }> {
  try {
    return await run()
  } catch (error) {
    return { error: `${(error as Error).name}: ${(error as Error).message}` }
  }
}

/** The part of a desktop. Nothing is unmounted when a stick is pulled out: that is how servers are. */
function automount(): void {
  const names = existsSync('/sys/class/block') ? readdirSync('/sys/class/block') : []
  const stick = names.find((name) => /^sd[a-z]$/.test(name))
  if (stick === undefined || stick === mounted) return
  spawnSync('/bin/busybox', ['umount', '-l', TARGET])
  mkdirSync(TARGET, { recursive: true })
  const { status, stderr } = spawnSync('/bin/busybox', ['mount', '-t', 'vfat', `/dev/${stick}`, TARGET])
  if (status === 0) mounted = stick
  else say('mount', String(stderr))
}
let mounted = ''
setInterval(automount, 200)
say('ready', null)
// Ends the machine if the test has not.
setTimeout(() => process.exit(), 280_000)
