// The application with usb-backup, and what is asked of it: by the API of the plugin's page, and the admin API.

import { setTimeout } from 'node:timers/promises'
import type { TaskView } from '../../../sdk/api/tasks.ts'
import { ADMIN_TOKEN } from '../plugbay/checkout.ts'
import { type MeasuredServer, startServer } from '../processes/server-process.ts'

const LOOK_EVERY_MS = 50

export interface BackupServer extends MeasuredServer {
  /** Takes a passphrase, or none to encrypt no longer. */
  encrypt(passphrase: string | undefined): Promise<void>
  /** Ids of the drives. */
  drives(): Promise<readonly string[]>
  /** Resolves when it is whole. */
  backUp(drive: string): Promise<BackupResult>
}

export interface BackupResult {
  readonly files: number
  /** Of the files. */
  readonly bytes: number
}

export interface Places {
  /** What is backed up. */
  readonly folder: string
  /** Of the runtime. */
  readonly data: string
  readonly drives: readonly string[]
}

export async function startBackupServer({ folder, data, drives }: Places): Promise<BackupServer> {
  const server = await startServer(new URL('../servers/backup-host.ts', import.meta.url), [
    folder,
    data,
    ...drives,
  ])
  const ask = async <T>(path: string, method = 'GET', body?: object): Promise<T> => {
    const response = await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as T
  }
  const api = '/plugins/usb-backup/api'
  return {
    ...server,
    async encrypt(passphrase) {
      if (passphrase === undefined) await ask(`${api}/encryption`, 'DELETE')
      else await ask(`${api}/encryption`, 'PUT', { passphrase })
    },
    async drives() {
      const state = await ask<{ readonly drives: readonly { readonly id: string }[] }>(`${api}/state`)
      return state.drives.map(({ id }) => id)
    },
    async backUp(drive) {
      const { id } = await ask<{ readonly id: string }>(`${api}/backups`, 'POST', { drive })
      for (;;) {
        const task = await ask<TaskView>(`/api/v1/tasks/${id}`)
        if (task.finishedAt === null) await setTimeout(LOOK_EVERY_MS)
        else if (task.state === 'succeeded') return task.result as BackupResult
        else throw new Error(`The backup has ${task.state}: ${task.problem?.message}`)
      }
    },
  }
}
