// Where a value comes from, quiet beside it: what differs from defaults stands out.

import { Badge } from '@mantine/core'

export interface SourceBadgeProps {
  readonly label: string
  readonly isDefault: boolean
}

export function SourceBadge({ label, isDefault }: SourceBadgeProps) {
  return (
    <Badge component="span" variant="light" color={isDefault ? 'gray' : 'cyan'} tt="none" data-source>
      {label}
    </Badge>
  )
}
