// The releases that the server keeps, newest first.

import { Badge, Button, Code, Group, Table, Text } from '@mantine/core'
import { useState } from 'react'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { usePluginChange } from '../../api/mutations.ts'
import { rollback } from '../../api/plugins.ts'
import { useMay } from '../../app/session.ts'
import { language, t } from '../../languages/text.ts'
import { ReleaseDiff } from './release-diff.tsx'
import { RollbackDialog } from './rollback-dialog.tsx'

export function ReleasesTab({ plugin }: { readonly plugin: Installation }) {
  const may = useMay()
  const [wanted, setWanted] = useState<string | null>(null)
  const [compared, setCompared] = useState<string | null>(null)
  const change = usePluginChange((version: string) => rollback(plugin.id, version), {
    done: (after) => t('"{name}" now uses version {version}', { name: after.name, version: after.version }),
  })
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })
  return (
    <>
      {wanted !== null && (
        <RollbackDialog
          plugin={plugin}
          version={wanted}
          confirmed={() => change.mutate(wanted)}
          close={() => setWanted(null)}
        />
      )}
      {compared !== null && (
        <ReleaseDiff plugin={plugin} version={compared} close={() => setCompared(null)} />
      )}
      <Table verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('Version')}</Table.Th>
            <Table.Th>{t('Installed')}</Table.Th>
            <Table.Th visibleFrom="sm">{t('Content')}</Table.Th>
            <Table.Th aria-label={t('Actions')} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {plugin.releases.map((release) => (
            <Table.Tr key={release.version}>
              <Table.Td>
                <Group gap="xs">
                  <Text fw={600}>{release.version}</Text>
                  {release.active && (
                    <Badge variant="light" tt="none">
                      {t('In use')}
                    </Badge>
                  )}
                  {release.version === plugin.candidate?.version && (
                    <Badge variant="light" color="violet" tt="none">
                      {plugin.candidate.problem ? t('Waits for settings') : t('Waits for approval')}
                    </Badge>
                  )}
                </Group>
              </Table.Td>
              <Table.Td>
                <time dateTime={release.installedAt}>{date.format(new Date(release.installedAt))}</time>
              </Table.Td>
              <Table.Td visibleFrom="sm">
                <Code title={release.sha256}>{release.sha256.slice(0, 12)}</Code>
              </Table.Td>
              <Table.Td ta="end">
                {plugin.releases.length > 1 && (
                  <Button
                    size="xs"
                    variant="subtle"
                    aria-label={t('Compare {version}', { version: release.version })}
                    onClick={() => setCompared(release.version)}
                  >
                    {t('Compare')}
                  </Button>
                )}
                {may('plugins.manage') &&
                  !release.active &&
                  release.version !== plugin.candidate?.version && (
                    <Button
                      size="xs"
                      variant="default"
                      loading={change.isPending && change.variables === release.version}
                      onClick={() => setWanted(release.version)}
                    >
                      {t('Use this version')}
                    </Button>
                  )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  )
}
