// Where a value comes from, quiet beside it: what differs from defaults stands out.

import { Badge, Text } from '@mantine/core'

export interface SourceBadgeProps {
  readonly label: string
  readonly isDefault: boolean
}

export function SourceBadge({ label, isDefault }: SourceBadgeProps) {
  if (isDefault)
    return (
      <Text span size="xs" c="dimmed" data-source>
        {label}
      </Text>
    )
  return (
    <Badge component="span" variant="light" color="cyan" tt="none" data-source>
      {label}
    </Badge>
  )
}
