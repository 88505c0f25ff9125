// "Back up now", for pages of an application that show actions.

import type { ActionHandlers, Env, Volume } from 'plugbay/sdk'
import { BACKUP_ATTEMPTS } from './jobs.ts'

export const backUpNow: ActionHandlers = {
  ready: async (env) => ((await writable(env)).length > 0 ? true : 'Plug in a drive first'),
  async check({ drive }, env) {
    const found = pick(await writable(env), String(drive ?? ''))
    if (typeof found === 'string') return { problems: [{ field: 'drive', message: found }] }
    return { args: { drive: found.id } }
  },
  run: ({ drive }) => ({
    task: 'back-up',
    args: { drive },
    key: String(drive),
    dedupe: 'skip',
    ...BACKUP_ATTEMPTS,
  }),
}

/** By id or name; without one, the only drive that there is. A text says why there is none. */
function pick(drives: readonly Volume[], asked: string): Volume | string {
  const names = drives.map(({ name }) => name).join(', ')
  if (asked === '') {
    const [only, ...others] = drives
    if (only === undefined) return 'There is no drive that can be written to'
    return others.length === 0 ? only : `There are several drives: ${names}`
  }
  return (
    drives.find(({ id, name }) => id === asked || name === asked) ??
    `There is no such drive: ${names || 'none'}`
  )
}

async function writable({ volumes }: Pick<Env, 'volumes'>): Promise<readonly Volume[]> {
  return (await volumes.list()).filter((volume) => volume.writable)
}
