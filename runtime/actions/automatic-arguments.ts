// The arguments that every action has besides its own: how much its tasks log, and whether a task that is waiting already is scheduled
// once more. Names and values are those of media servers whose plugins come here.

import type { FormSchema } from '../../sdk/manifest/form-schema.ts'
import type { ActionArguments } from '../../sdk/plugin-api/actions.ts'
import { DEFAULT_TASK_LEVEL, isTaskLevel } from '../../sdk/protocol/task-levels.ts'

const LOGGING_LEVEL = '_logging_level'
const DUPLICATE_CHECKING = '_duplicate_checking'

const AUTOMATIC = {
  [LOGGING_LEVEL]: {
    type: 'integer',
    title: 'Log level of its tasks',
    description: '0 trace, 10 debug, 20 info, 30 warnings, 40 errors, 50 critical errors',
    enum: [0, 10, 20, 30, 40, 50],
    default: 20,
    'x-advanced': true,
  },
  [DUPLICATE_CHECKING]: {
    type: 'boolean',
    title: 'Skip tasks that wait or run already',
    default: true,
    'x-advanced': true,
  },
} as const satisfies FormSchema['properties']

/** The form as users see it. An author's keys begin with a letter, so none is taken. */
export function withAutomatic(form: FormSchema | undefined): FormSchema {
  return { type: 'object', ...form, properties: { ...form?.properties, ...AUTOMATIC } }
}

/** What they mean for the tasks of the action. @param args checked */
export function automaticValues(args: ActionArguments) {
  const { [LOGGING_LEVEL]: given } = args
  const level = isTaskLevel(given) ? given : DEFAULT_TASK_LEVEL
  return { level, dedupe: args[DUPLICATE_CHECKING] === false ? 'add' : 'skip' } as const
}
