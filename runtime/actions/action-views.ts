// An action as users see it.

import type { FormSchema } from '../../sdk/manifest/form-schema.ts'
import { formIn, type InLanguage } from '../../sdk/manifest/form-texts.ts'
import { iconOf, type ShownIcon, TOOL } from '../contributions/icons.ts'
import type { Readiness } from '../guest-calls/action.ts'
import { withAutomatic } from './automatic-arguments.ts'
import { contextOf, type OfferedAction } from './find-actions.ts'

export interface ActionView {
  /** Id of the plugin. */
  readonly plugin: string
  readonly id: string
  readonly context: string
  /** Texts are in the language of the user. */
  readonly title: string
  readonly description: string | null
  readonly category: string | null
  readonly icon: ShownIcon
  /** The form, with the arguments that every action has. */
  readonly arguments: FormSchema
  readonly ready: boolean
  /** Why it is not ready. */
  readonly reason: string | null
}

export function actionView(
  { plugin, action }: OfferedAction,
  readiness: Readiness,
  inLanguage: InLanguage,
): ActionView {
  const { id, title, description, category, icon, arguments: form } = action
  return {
    plugin: plugin.id,
    id,
    context: contextOf(action),
    title: inLanguage(title),
    description: description === undefined ? null : inLanguage(description),
    category: category === undefined ? null : inLanguage(category),
    icon: iconOf(icon, TOOL),
    arguments: formIn(withAutomatic(form), inLanguage),
    ready: readiness.ready,
    reason: readiness.ready ? null : readiness.reason,
  }
}
