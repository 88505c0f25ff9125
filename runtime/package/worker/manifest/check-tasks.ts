// Mistakes in "contributes.tasks" that a schema cannot express: expressions, time zones, arguments, contradictions.

import { Cron } from 'croner'
import type { Manifest } from '../../../../sdk/manifest/manifest.ts'
import type { Finding, Path } from './manifest-finding.ts'
import { quoted } from './manifest-finding.ts'
import type { FormCheck } from './manifest-form.ts'

type DeclaredTask = NonNullable<NonNullable<Manifest['contributes']>['tasks']>[number]

export function checkTasks(tasks: readonly DeclaredTask[], checkForm: FormCheck): Finding[] {
  return tasks.flatMap((task, index) => {
    const path = ['contributes', 'tasks', index] as const
    return [
      ...(task.arguments === undefined ? [] : checkForm(task.arguments, [...path, 'arguments'])),
      ...checkTimes(task, path),
    ]
  })
}

function checkTimes({ cron, timeZone, repeatSeconds = 0 }: DeclaredTask, path: Path): Finding[] {
  if (cron === undefined)
    return timeZone === undefined
      ? []
      : [wrong([...path, 'timeZone'], '"timeZone" belongs to "cron"', 'Add "cron", or remove it')]
  if (repeatSeconds > 0)
    return [wrong([...path, 'cron'], '"cron" takes the place of "repeatSeconds"', 'Give one of them')]
  const fault = faultOf(cron, timeZone)
  return fault === undefined
    ? []
    : [wrong([...path, 'cron'], `${quoted(cron)} ${fault}`, 'Write five fields, such as "0 3 * * *"')]
}

function faultOf(cron: string, timezone: string | undefined): string | undefined {
  try {
    const parsed = new Cron(cron, {
      paused: true,
      mode: '5-part',
      ...(timezone !== undefined && { timezone }),
    })
    return parsed.nextRun() === null ? 'never matches a time' : undefined
  } catch (error) {
    return `is not a cron expression: ${error instanceof Error ? error.message : String(error)}`
  }
}

function wrong(path: Path, message: string, hint: string): Finding {
  return { code: 'MANIFEST_INVALID', path, message, hint }
}
