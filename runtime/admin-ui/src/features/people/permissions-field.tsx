// Which permissions a user or a token gets: those that the server knows are proposed, others can be typed.

import { TagsInput } from '@mantine/core'
import { t } from '../../languages/text.ts'

/** Of the admin API; applications and plugins may have others. */
const KNOWN = [
  '*',
  'plugins.view',
  'plugins.manage',
  'tasks.view',
  'tasks.manage',
  'events.view',
  'devices.view',
  'volumes.manage',
  'users.manage',
  'audit.view',
  'metrics.view',
  'secrets.manage',
] as const

export interface PermissionsFieldProps {
  readonly value: readonly string[]
  readonly change: (value: readonly string[]) => void
}

export function PermissionsField({ value, change }: PermissionsFieldProps) {
  return (
    <TagsInput
      label={t('Permissions')}
      description={t('"*" is everything; "plugins.manage" includes "plugins.view". Press Enter after each')}
      data={[...KNOWN]}
      value={[...value]}
      onChange={change}
    />
  )
}
