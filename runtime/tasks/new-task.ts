// Makes the stored form of a task: from options at run time, and from the manifest.
// Invariant: a task that is stored is declared by the manifest, and its arguments match the schema there.

import { createHash, randomUUID } from 'node:crypto'
import type { Dedupe, NewTask, TaskSpec, TaskStarter } from '../../plugin-store/tasks/task-records.ts'
import type { Manifest } from '../../sdk/manifest/manifest.ts'
import { DEFAULT_TASK_LEVEL, type TaskLevel } from '../../sdk/protocol/task-levels.ts'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import { PlugbayError } from '../errors.ts'
import type { ValueChecks } from '../host/value-checks.ts'
import { type ReadOptions, readOptions } from './read-options.ts'

export type DeclaredTask = NonNullable<NonNullable<Manifest['contributes']>['tasks']>[number]

export interface NewTaskParts {
  readonly checks: ValueChecks
  readonly maxDeadlineSeconds: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export interface TaskRequest {
  readonly pluginId: string
  readonly name: string
  readonly args: unknown
  /** As the plugin has sent them. */
  readonly options: unknown
  readonly startedBy: TaskStarter
  readonly action?: TaskSpec['action']
  /** The lowest level of its log that is kept. */
  readonly level?: TaskLevel
}

export interface TaskToStore {
  readonly task: NewTask
  readonly dedupe: Dedupe
}

/** @throws PlugbayError TASK_INVALID */
export async function newTask(
  request: TaskRequest,
  manifest: Pick<Manifest, 'contributes'>,
  parts: NewTaskParts,
): Promise<TaskToStore> {
  const { name, args } = request
  const declared = findDeclared(manifest, name)
  await checkArguments(declared, args, parts.checks)
  const options = readOptions(withDefaults(declared, request.options), {
    nowMs: parts.now(),
    maxDeadlineSeconds: parts.maxDeadlineSeconds,
  })
  // What has no key of its own is about its arguments.
  const key = options.key ?? (options.dedupe === 'add' ? null : keyOf(args))
  return { task: toTask(request, { ...options, key }), dedupe: options.dedupe }
}

/** The tasks that a manifest schedules itself, as when the plugin begins to serve. */
export async function plannedTasks(
  pluginId: string,
  manifest: Pick<Manifest, 'contributes'>,
  parts: NewTaskParts,
): Promise<readonly TaskToStore[]> {
  const planned = (manifest.contributes?.tasks ?? []).filter(({ onDemand = false }) => !onDemand)
  return await Promise.all(
    planned.map(async (declared) => {
      const {
        id: name,
        cron,
        timeZone,
        delaySeconds = 30,
        repeatSeconds = 0,
        replaceExisting = true,
      } = declared
      const when = cron === undefined ? { delaySeconds, repeatSeconds } : { cron, timeZone }
      const { task } = await newTask(
        { pluginId, name, args: {}, options: when, startedBy: { kind: 'schedule', name: pluginId } },
        manifest,
        parts,
      )
      return { task: { ...task, key: DECLARED_KEY }, dedupe: replaceExisting ? 'replace' : 'skip' } as const
    }),
  )
}

/** No key of a plugin is empty. */
const DECLARED_KEY = ''

function findDeclared({ contributes }: Pick<Manifest, 'contributes'>, name: string): DeclaredTask {
  const all = contributes?.tasks ?? []
  const declared = all.find(({ id }) => id === name)
  if (declared !== undefined) return declared
  const meant = didYouMean(
    name,
    all.map(({ id }) => id),
  )
  throw new PlugbayError(
    'TASK_INVALID',
    `The manifest declares no task "${name.slice(0, 100)}"${meant === undefined ? ': add it to "contributes.tasks"' : `; did you mean "${meant}"?`}`,
  )
}

async function checkArguments(declared: DeclaredTask, args: unknown, checks: ValueChecks): Promise<void> {
  if (declared.arguments === undefined) return
  const check = await checks.of({ additionalProperties: false, ...declared.arguments })
  const fault = check(args ?? {})
  if (fault !== undefined)
    throw new PlugbayError('TASK_INVALID', `The argument of the task "${declared.id}" ${fault}`)
}

/** The options of the manifest, under those that were given. */
function withDefaults(declared: DeclaredTask, options: unknown): unknown {
  const { maxAttempts, priority, queue, weight, exclusive, backoff, deadlineSeconds } = declared
  const defaults = { maxAttempts, priority, queue, weight, exclusive, backoff, deadlineSeconds }
  if (options === undefined || options === null) return defaults
  // Anything else is refused by its reader.
  return typeof options === 'object' && !Array.isArray(options) ? { ...defaults, ...options } : options
}

function toTask(request: TaskRequest, options: ReadOptions): NewTask {
  const { pluginId, name, args, startedBy, action, level = DEFAULT_TASK_LEVEL } = request
  const {
    runAtMs,
    repeat,
    repeatUntilMs,
    maxAttempts,
    backoff,
    deadlineSeconds,
    dedupe: _,
    ...rest
  } = options
  return {
    id: randomUUID(),
    pluginId,
    name,
    ...rest,
    runAtMs,
    dueMs: runAtMs,
    level,
    spec: {
      ...{ args: args ?? null, repeat, repeatUntilMs, maxAttempts, backoff, deadlineSeconds, startedBy },
      ...(action !== undefined && { action }),
    },
  }
}

function keyOf(args: unknown): string {
  return `args:${createHash('sha256').update(sorted(args)).digest('base64url').slice(0, 22)}`
}

/** Equal values have equal texts, whatever the order of their members. */
function sorted(value: unknown): string {
  return JSON.stringify(value ?? null, (_name, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}
