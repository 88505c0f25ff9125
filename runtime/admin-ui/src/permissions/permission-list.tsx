// What a package asks, one permission per row, in words.

import { Badge, Box, Code, Group, Stack, Text, ThemeIcon } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Permissions } from '../api/types.ts'
import { Icon } from '../components/icons.tsx'
import { type AskedPermission, describePermissions, type Risk } from './describe.ts'
import { grantedPieces, piecesOf } from './grant-set.ts'

const RISK: Readonly<Record<Risk, { readonly color: string; readonly label: string }>> = {
  low: { color: 'teal', label: 'Low risk' },
  medium: { color: 'yellow', label: 'Some risk' },
  high: { color: 'red', label: 'High risk' },
}

export interface PermissionListProps {
  readonly permissions: Permissions
  /** What the installed version does not ask; marked as new. */
  readonly added?: Permissions
}

export function PermissionList({ permissions, added = {} }: PermissionListProps) {
  return (
    <Stack gap="md" role="list">
      {describePermissions(permissions).map((asked) => (
        <PermissionRow key={asked.name} asked={asked} isNew={asked.name in added}>
          {asked.details.length > 0 && <Details name={asked.name} permissions={permissions} added={added} />}
        </PermissionRow>
      ))}
    </Stack>
  )
}

export interface PermissionRowProps {
  readonly asked: AskedPermission
  readonly isNew?: boolean
  readonly control?: ReactNode
  readonly children?: ReactNode
}

export function PermissionRow({ asked, isNew = false, control, children }: PermissionRowProps) {
  const { words } = asked
  const risk = RISK[words.risk]
  return (
    <Group gap="sm" align="flex-start" wrap="nowrap" role="listitem">
      <ThemeIcon variant="light" color={risk.color} size="lg">
        <Icon name={words.icon} />
      </ThemeIcon>
      <Box flex={1} miw={0}>
        <Group gap="xs">
          <Text fw={600}>{words.title}</Text>
          <Badge variant="light" color={risk.color} size="sm" tt="none">
            {risk.label}
          </Badge>
          {isNew && (
            <Badge color="violet" size="sm" tt="none">
              New
            </Badge>
          )}
        </Group>
        <Text size="sm">
          {words.sentence}{' '}
          <Text span size="sm" c="dimmed">
            {words.danger}
          </Text>
        </Text>
        {children}
      </Box>
      {control}
    </Group>
  )
}

interface DetailsProps {
  readonly name: string
  readonly permissions: Permissions
  readonly added: Permissions
}

function Details({ name, permissions, added }: DetailsProps) {
  const fresh = grantedPieces(permissions, added)
  return (
    <Group gap={6} mt={6}>
      {piecesOf(permissions, name).map((piece) => (
        <Code
          key={piece.key}
          {...(fresh.has(piece.key) ? { c: 'violet' } : {})}
          style={{ overflowWrap: 'anywhere' }}
        >
          {piece.label}
          {fresh.has(piece.key) && ' (new)'}
        </Code>
      ))}
    </Group>
  )
}
