// Whether a plugin has used what it asks for, in words.

import type { PermissionUse } from '../../../../../sdk/api/permission-uses.ts'
import { plural, t, timeText } from '../../languages/text.ts'

/** null: nothing is known about it. */
export function usedWords(use: PermissionUse | undefined): string | null {
  if (use === undefined) return null
  const { isCounted, count, lastAt } = use
  if (lastAt === null) return isCounted ? t('Not used so far: it can be switched off') : null
  const last = t('Last used {time}', { time: timeText(lastAt) })
  if (count === 0) return last
  return `${last} · ${plural('{count} time since the server started', '{count} times since the server started', { count })}`
}
