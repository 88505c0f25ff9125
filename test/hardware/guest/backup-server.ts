// The server that backs up in the machine. It is installed outside: the machine would take longer to link the plugin than a package may.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder } from '../../../runtime/bundles/cache-folder.ts'
import { type ServerOptions, startServer } from '../../sample-plugins/usb-backup/server.ts'
import { Closers } from '../../support/scope.ts'

/** What is backed up, in the machine. */
export const BACKED_UP = '/run/data'

/** Where the machine sees it; what it changes there is gone with it. */
const DATA_FOLDER = join(cacheFolder() ?? tmpdir(), 'backup-server')

export function serverOptions(): ServerOptions {
  return {
    ...{ data: BACKED_UP, drives: [] },
    config: {
      ...{ data: DATA_FOLDER, volumes: { drives: true }, sandbox: { jail: 'bwrap' } },
      limits: { deadlineMs: 120_000, cpuMs: 60_000, cpuPercent: 400 },
      tasks: { cpuPercent: 400 },
    },
  }
}

/** Makes a new data folder, with the plugin installed. */
export async function installServer(): Promise<void> {
  rmSync(DATA_FOLDER, { recursive: true, force: true })
  mkdirSync(DATA_FOLDER, { recursive: true })
  const closers = new Closers()
  const data = mkdtempSync(join(tmpdir(), 'plugbay-nothing-'))
  closers.after(() => rmSync(data, { recursive: true }))
  const config = { data: DATA_FOLDER, volumes: { drives: false } }
  await startServer(closers, { data, drives: [], config })
  await closers.close()
}
