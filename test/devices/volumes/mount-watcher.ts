// Runs in a mount namespace of its own: watches, mounts something, and prints a line for every hint.

import { watchMounts } from '../../../runtime/devices/volumes/mount-events.ts'

// Never by polling: only what findmnt says counts.
watchMounts(() => process.stdout.write('hint\n'), { pollMs: 1_000_000 })
process.stdin.resume()
process.stdout.write('watching\n')
