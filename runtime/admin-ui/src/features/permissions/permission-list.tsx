// The requested permissions of a package, one per row, in words.

import { Badge, Box, Code, Group, Stack, Text, ThemeIcon } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Permissions } from '../../../../../sdk/api/permissions.ts'
import { type AskedPermission, describePermissions } from '../../../../../sdk/permissions/describe.ts'
import { PUBLIC_ACCESS } from '../../../../../sdk/permissions/public-access.ts'
import type { Risk } from '../../../../../sdk/permissions/row.ts'
import { Icon } from '../../components/icons.tsx'
import { t } from '../../languages/text.ts'
import { allPieces, piecesOf } from './grant-set.ts'

const RISK: Readonly<Record<Risk, { readonly color: string; readonly label: string }>> = {
  low: { color: 'teal', label: t('Low risk') },
  medium: { color: 'yellow', label: t('Some risk') },
  high: { color: 'red', label: t('High risk') },
}

export interface PermissionListProps {
  readonly permissions: Permissions
  /** What the installed version does not request; marked as new. */
  readonly added?: Permissions
  /** Whether it asks for public access, and whether it did not before. */
  readonly open?: 'asked' | 'new' | false
}

export function PermissionList({ permissions, added = {}, open = false }: PermissionListProps) {
  const publicRow = open ? [{ asked: PUBLIC_ACCESS, news: open === 'new' ? t('New') : null }] : []
  const rows = describePermissions(permissions).map((asked) => ({
    asked,
    news: newsOf(asked.name, permissions, added),
  }))
  return (
    <Stack gap="md" role="list">
      {newsFirst([...publicRow, ...rows]).map(({ asked, news }) => (
        <PermissionRow key={asked.name} asked={asked} news={news}>
          {asked.details.length > 0 && <Details name={asked.name} permissions={permissions} added={added} />}
        </PermissionRow>
      ))}
    </Stack>
  )
}

/** Who decides about an update must not have to search for what it adds. */
function newsFirst<Row extends { readonly news: string | null }>(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => Number(b.news !== null) - Number(a.news !== null))
}

export interface PermissionRowProps {
  readonly asked: AskedPermission
  /** Describes what is new about it, in a word or two. */
  readonly news?: string | null
  /** Whether it was used, in words. */
  readonly use?: string | null
  readonly control?: ReactNode
  readonly children?: ReactNode
}

export function PermissionRow({ asked, news = null, use = null, control, children }: PermissionRowProps) {
  const { words } = asked
  const risk = RISK[words.risk]
  return (
    <Group gap="sm" align="flex-start" wrap="nowrap" role="listitem">
      <ThemeIcon variant="light" color={risk.color} size="lg">
        <Icon name={words.icon} />
      </ThemeIcon>
      <Box flex={1} miw={0}>
        <Group gap="xs">
          <Text fw={600}>{t(words.title)}</Text>
          <Badge variant="light" color={risk.color} size="sm" tt="none">
            {risk.label}
          </Badge>
          {news && (
            <Badge color="violet" size="sm" tt="none">
              {news}
            </Badge>
          )}
        </Group>
        <Text size="sm">
          {t(words.sentence)}{' '}
          <Text span size="sm" c="dimmed">
            {t(words.danger)}
          </Text>
        </Text>
        {use !== null && (
          <Text size="xs" c="dimmed" data-use={asked.name}>
            {use}
          </Text>
        )}
        {children}
      </Box>
      {control}
    </Group>
  )
}

/** Whether the permission, or only a part of it, is new compared with the installed version. */
export function newsOf(name: string, permissions: Permissions, added: Permissions): string | null {
  const fresh = allPieces(added)
  const isFresh = piecesOf(permissions, name).map(({ key }) => fresh.has(key))
  if (!isFresh.includes(true)) return null
  return isFresh.includes(false) ? t('More than before') : t('New')
}

interface DetailsProps {
  readonly name: string
  readonly permissions: Permissions
  readonly added: Permissions
}

function Details({ name, permissions, added }: DetailsProps) {
  const fresh = allPieces(added)
  return (
    <Group gap={6} mt={6}>
      {piecesOf(permissions, name).map((piece) => (
        <Code
          key={piece.key}
          {...(fresh.has(piece.key) ? { c: 'violet' } : {})}
          style={{ overflowWrap: 'anywhere' }}
        >
          {fresh.has(piece.key) ? t('{piece} (new)', { piece: t(piece.label) }) : t(piece.label)}
        </Code>
      ))}
    </Group>
  )
}
