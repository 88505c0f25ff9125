// Runs the tasks of a plugin in the backend of its release, which is hostile code.

import type { TaskRecord, TaskSpec } from '../../plugin-store/tasks/task-records.ts'
import type { HostEvent } from '../../sdk/protocol/guest-calls.ts'
import type { TaskHead } from '../../sdk/protocol/task-wire.ts'
import type { ServingPlugin, TaskBackend } from '../contributions/live-plugin.ts'
import type { GuestCallOutcome } from '../guest-calls/call-guest.ts'
import { callTask, type TaskCall, taskRequestId } from '../guest-calls/task.ts'
import type { GivenFolders } from '../sandbox/types.ts'
import { parseReply } from './parse-report.ts'
import type { AttemptCall, TaskRunner } from './task-runner.ts'

export interface GuestRunnerParts {
  readonly plugin: ServingPlugin
  readonly backend: TaskBackend
  readonly linesPerSecond: number
  /** Of the action that the task belongs to. */
  readonly folders: (action: NonNullable<TaskSpec['action']>) => Promise<GivenFolders>
  /** Whether the release still serves. */
  readonly isServing: () => boolean
}

const BROKEN_REPLY = { ok: false, code: 'GUEST_ERROR', message: 'The reply of the task is not one' } as const

export function createGuestRunner(parts: GuestRunnerParts): TaskRunner {
  const { plugin, backend, linesPerSecond, isServing } = parts
  return {
    ...{ backend, linesPerSecond, isServing, mask: backend.spec.mask },
    async attempt(call) {
      const { task, report, deadlineMs, signal } = call
      const given = await foldersOf(parts, call)
      if ('code' in given) return given
      const outcome = await callTask(
        { runner: backend, reportError: plugin.reportError },
        { head: headOf(call), ...given, user: userOf(task), deadlineMs, signal },
      )
      if (!outcome.ok) return outcome
      const reply = parseReply(outcome.value)
      if (reply === undefined) return BROKEN_REPLY
      report(reply.report)
      if (!reply.ok) plugin.reportError({ code: 'GUEST_ERROR', ...reply.error }, taskRequestId(task.id))
      return reply
    },
    tell(data) {
      backend.event(JSON.stringify({ e: 'task.changed', data } satisfies HostEvent))
    },
  }
}

/** Those of the object of its action, as they are now. */
async function foldersOf(
  { folders }: GuestRunnerParts,
  { task, log }: AttemptCall,
): Promise<Pick<TaskCall, 'action' | 'folders'> | Extract<GuestCallOutcome, { ok: false }>> {
  const { action } = task.spec
  if (action === undefined) return {}
  try {
    return { action, folders: await folders(action) }
  } catch (error) {
    log.always(`The application gave no folders of the object: ${String(error)}`)
    return { ok: false, code: 'FOLDER_GONE', message: 'The folders of the object could not be given' }
  }
}

function headOf({ task, lease, log }: AttemptCall): TaskHead {
  return {
    ref: [lease.id, lease.epoch],
    id: task.id,
    name: task.name,
    args: task.spec.args,
    key: task.key === '' ? null : task.key,
    attempt: task.attempts + 1,
    maxAttempts: task.spec.maxAttempts,
    scheduledFor: new Date(task.dueMs).toISOString(),
    startedBy: task.spec.startedBy,
    checkpoint: task.checkpoint,
    level: log.level,
  }
}

/** Without permissions: they were those of then. */
function userOf({ spec: { startedBy } }: TaskRecord): TaskCall['user'] {
  const name = startedBy.kind === 'user' ? startedBy.name : startedBy.user
  return name === undefined ? null : { name, permissions: [] }
}
