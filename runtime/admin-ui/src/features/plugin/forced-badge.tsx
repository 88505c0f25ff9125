// Says that the configuration decides whether a plugin runs, whatever the switch shows.

import { Badge, Tooltip } from '@mantine/core'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { t } from '../../languages/text.ts'

export function ForcedBadge({ forced }: Pick<Installation, 'forced'>) {
  // A server of an earlier version does not send it.
  if (!forced) return null
  const { enabled, variable } = forced
  return (
    <Tooltip
      label={
        enabled
          ? t('{variable} enables it; what is chosen here holds when the server starts without that', {
              variable,
            })
          : t('{variable} disables it; what is chosen here holds when the server starts without that', {
              variable,
            })
      }
    >
      <Badge variant="outline" color="gray" tt="none" data-forced={enabled ? 'on' : 'off'}>
        {enabled ? t('Enabled by configuration') : t('Disabled by configuration')}
      </Badge>
    </Tooltip>
  )
}
