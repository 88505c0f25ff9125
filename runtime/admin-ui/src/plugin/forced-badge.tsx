// Says that the configuration decides whether a plugin runs, whatever the switch shows.

import { Badge, Tooltip } from '@mantine/core'
import type { Installation } from '../../../../sdk/api/plugins.ts'

export function ForcedBadge({ forced }: Pick<Installation, 'forced'>) {
  // A server of an earlier version does not send it.
  if (!forced) return null
  const { enabled, variable } = forced
  return (
    <Tooltip
      label={`${variable} ${enabled ? 'enables' : 'disables'} it; what is chosen here holds when the server starts without that`}
    >
      <Badge variant="outline" color="gray" tt="none" data-forced={enabled ? 'on' : 'off'}>
        {enabled ? 'Enabled' : 'Disabled'} by configuration
      </Badge>
    </Tooltip>
  )
}
