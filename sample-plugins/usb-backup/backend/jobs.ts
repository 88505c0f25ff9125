// What the plugin can do with a drive: tasks, of which one runs at a time. What is remembered of drives is here, too.

import type { Env, ScheduledTask, TaskInfo } from 'plugbay/sdk'

export type JobName = 'back-up' | 'restore' | 'verify'
export const JOB_NAMES: readonly JobName[] = ['back-up', 'restore', 'verify']

export interface BackUpArgs {
  readonly drive: string
}

export interface RestoreArgs {
  readonly drive: string
  /** Id, or "latest". */
  readonly snapshot: string
  /** Names; all that the snapshot has, if they are left out. */
  readonly sources?: readonly string[]
}

export interface VerifyArgs {
  readonly drive: string
}

export const BACKUP_ATTEMPTS = { maxAttempts: 5, backoff: { seconds: 60 } }

type JobArgs = Readonly<{ 'back-up': BackUpArgs; restore: RestoreArgs; verify: VerifyArgs }>

/**
 * One that waits or runs for the drive is not doubled. What is explained by a sentence is not repeated; a backup that was stopped, because it
 * has computed for too long, goes on.
 */
export async function startJob<Name extends JobName>(
  env: Pick<Env, 'tasks'>,
  name: Name,
  args: JobArgs[Name],
): Promise<ScheduledTask> {
  const attempts = name === 'back-up' ? BACKUP_ATTEMPTS : { maxAttempts: 1 }
  return await env.tasks.schedule(name, args, { key: args.drive, dedupe: 'skip', ...attempts })
}

/** Newest first. */
export async function jobs(env: Pick<Env, 'tasks'>): Promise<readonly TaskInfo[]> {
  const tasks = await env.tasks.list({ limit: 50 })
  return tasks.filter(({ name }) => JOB_NAMES.includes(name as JobName))
}

/** What is remembered of a drive, by its id. */
export interface DriveNote {
  readonly name: string
  /** Backed up when it appears, and every night while it is there. */
  readonly automatic: boolean
  /** The last backup was cut off: the next time that the drive appears, it goes on. */
  readonly unfinished: boolean
}

const NOTE = 'drive:'

export async function noteOf({ kv }: Pick<Env, 'kv'>, drive: string): Promise<DriveNote | undefined> {
  return (await kv.get<DriveNote>(NOTE + drive, 'json')) ?? undefined
}

export async function note(
  env: Pick<Env, 'kv'>,
  drive: string,
  change: Partial<DriveNote> & Pick<DriveNote, 'name'>,
): Promise<void> {
  const before = (await noteOf(env, drive)) ?? { automatic: false, unfinished: false }
  await env.kv.put(NOTE + drive, JSON.stringify({ ...before, ...change }))
}

/** A drive that has just appeared, or the hour of the night: starts what was chosen for it. */
export async function backUpIfChosen(
  env: Pick<Env, 'kv' | 'tasks'>,
  drive: string,
  { orUnfinished }: { readonly orUnfinished: boolean },
): Promise<void> {
  const known = await noteOf(env, drive)
  if (known?.automatic || (orUnfinished && known?.unfinished)) await startJob(env, 'back-up', { drive })
}
