// What the package says of itself: its author, its README, and what it adds to the application.

import { Anchor, Badge, DataList, Group, Paper, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import type { ReleaseContent } from '../../../../../sdk/api/releases.ts'
import { releaseQuery } from '../../api/releases.ts'
import { Fact } from '../../components/fact.tsx'
import { LoadError } from '../../components/load-error.tsx'
import { plural, t } from '../../languages/text.ts'
import { summarise } from '../install/manifest-summary.ts'
import { bytes } from './usage-rows.ts'

const Readme = lazy(async () => ({ default: (await import('./readme.tsx')).Readme }))

export function AboutTab({ plugin }: { readonly plugin: Installation }) {
  const version = plugin.version ?? plugin.candidate?.version
  if (version === undefined) return <Text c="dimmed">{t('It has no release.')}</Text>
  return <Release key={version} id={plugin.id} version={version} />
}

function Release({ id, version }: { readonly id: string; readonly version: string }) {
  const release = useQuery(releaseQuery(id, version))
  if (release.isPending) return <Skeleton h={160} radius="md" />
  if (release.isError) return <LoadError error={release.error} retry={() => void release.refetch()} />
  return (
    <Stack>
      <Facts release={release.data} />
      <ReadmePanel readme={release.data.readme} />
    </Stack>
  )
}

function Facts({ release }: { readonly release: ReleaseContent }) {
  const { author, license, homepage } = summarise(release.manifest)
  const parts = contributions(release.manifest)
  return (
    <Paper withBorder p="md">
      <DataList labelWidth="8rem">
        {author !== null && <Fact label={t('Author')}>{author}</Fact>}
        {license !== null && <Fact label={t('Licence')}>{license}</Fact>}
        {homepage !== null && (
          <Fact label={t('Page about it')}>
            <Anchor href={homepage} target="_blank" rel="noopener noreferrer" size="sm">
              {homepage}
            </Anchor>
          </Fact>
        )}
        <Fact label={t('Package')}>
          {plural('{count} file, {size}', '{count} files, {size}', {
            count: release.files.length,
            size: bytes(release.bytes),
          })}
        </Fact>
        {parts.length > 0 && (
          <Fact label={t('Adds')}>
            <Group gap={6}>
              {parts.map(({ name, count }) => (
                <Badge key={name} variant="light" color="gray" tt="none">
                  {name} {count}
                </Badge>
              ))}
            </Group>
          </Fact>
        )}
      </DataList>
    </Paper>
  )
}

/** The fields of "contributes", as authors and the documentation call them, with how many each has. */
function contributions(manifest: unknown): readonly { readonly name: string; readonly count: number }[] {
  const contributes = isRecord(manifest) ? manifest.contributes : undefined
  if (!isRecord(contributes)) return []
  return Object.entries(contributes).map(([name, value]) => {
    const count = Array.isArray(value) ? value.length : isRecord(value) ? Object.keys(value).length : 1
    return { name, count }
  })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function ReadmePanel({ readme }: Pick<ReleaseContent, 'readme'>) {
  if (readme === null) return <Text c="dimmed">{t('The package has no README.')}</Text>
  return (
    <Paper withBorder p="md" component="section" aria-label={readme.path}>
      <Suspense fallback={<Skeleton h={120} />}>
        <Readme text={readme.text} />
      </Suspense>
      {readme.isCut && (
        <Text size="sm" c="dimmed" mt="sm">
          {t('The rest of it is not shown.')}
        </Text>
      )}
    </Paper>
  )
}
