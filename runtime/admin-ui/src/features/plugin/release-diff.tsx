// Two releases beside each other: what of the files, rights, settings and size is different.

import { Code, Group, Modal, Select, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { releaseQuery } from '../../api/releases.ts'
import { LoadError } from '../../components/load-error.tsx'
import { plural, t } from '../../languages/text.ts'
import { compareReleases, type Named, type RightChange } from './compare-releases.ts'
import { bytes } from './usage-rows.ts'

export interface ReleaseDiffProps {
  readonly plugin: Installation
  /** The version whose changes are asked for. */
  readonly version: string
  readonly close: () => void
}

/** Open as long as it is mounted. */
export function ReleaseDiff({ plugin, version, close }: ReleaseDiffProps) {
  const others = plugin.releases.map((release) => release.version).filter((each) => each !== version)
  const [other, setOther] = useState(
    plugin.version !== null && plugin.version !== version ? plugin.version : (others[0] ?? version),
  )
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={<Text fw={600}>{t('What version {version} changes', { version })}</Text>}
    >
      <Stack>
        <Select
          label={t('Compared with')}
          allowDeselect={false}
          data={others}
          value={other}
          onChange={(value) => value !== null && setOther(value)}
        />
        <Difference id={plugin.id} before={other} after={version} />
      </Stack>
    </Modal>
  )
}

interface DifferenceProps {
  readonly id: string
  readonly before: string
  readonly after: string
}

function Difference({ id, before, after }: DifferenceProps) {
  const first = useQuery(releaseQuery(id, before))
  const second = useQuery(releaseQuery(id, after))
  const error = first.error ?? second.error
  if (error) return <LoadError error={error} />
  if (first.data === undefined || second.data === undefined) return <Skeleton h={160} />
  const changes = compareReleases(first.data, second.data)
  return (
    <Stack data-difference={`${before} ${after}`}>
      <Part title={t('Rights')}>
        <Rights label={t('New')} color="red" rights={changes.rightsAdded} />
        <Rights label={t('No longer asked for')} color="teal" rights={changes.rightsRemoved} />
        {changes.rightsAdded.length + changes.rightsRemoved.length === 0 && <Same />}
      </Part>
      <Part title={t('Settings')}>
        <Names named={changes.settings} />
      </Part>
      <Part title={t('Files')}>
        <Text size="sm">
          {t('{before} → {after}', {
            before: bytes(changes.bytes.before),
            after: bytes(changes.bytes.after),
          })}
        </Text>
        <Names named={changes.files} />
      </Part>
    </Stack>
  )
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <Stack gap={4} component="section" aria-label={title}>
      <Title order={3} size="h6">
        {title}
      </Title>
      {children}
    </Stack>
  )
}

function Same() {
  return (
    <Text size="sm" c="dimmed">
      {t('The same')}
    </Text>
  )
}

interface RightsProps {
  readonly label: string
  readonly color: string
  readonly rights: readonly RightChange[]
}

function Rights({ label, color, rights }: RightsProps) {
  return rights.map(({ title, piece }) => (
    <Text key={`${title} ${piece}`} size="sm">
      <Text span size="sm" fw={600} c={color}>
        {label}
      </Text>{' '}
      {t(title)} {piece !== '' && <Code>{piece}</Code>}
    </Text>
  ))
}

/** A package may have thousands of files. */
const SHOWN = 50

function Names({ named: { added, removed, changed } }: { readonly named: Named }) {
  if (added.length + removed.length + changed.length === 0) return <Same />
  return (
    <>
      <NameList label={t('Added')} names={added} />
      <NameList label={t('Removed')} names={removed} />
      <NameList label={t('Changed')} names={changed} />
    </>
  )
}

function NameList({ label, names }: { readonly label: string; readonly names: readonly string[] }) {
  if (names.length === 0) return null
  const rest = names.length - SHOWN
  return (
    <Group gap={6} align="baseline">
      <Text size="sm" fw={600}>
        {label}
      </Text>
      {names.slice(0, SHOWN).map((name) => (
        <Code key={name} dir="ltr" style={{ overflowWrap: 'anywhere' }}>
          {name}
        </Code>
      ))}
      {rest > 0 && <Text size="sm">{plural('and one more', 'and {count} more', { count: rest })}</Text>}
    </Group>
  )
}
