// The releases that the server keeps, newest first.

import { Badge, Button, Code, Group, Table, Text } from '@mantine/core'
import type { Installation } from '../../../../sdk/api/plugins.ts'
import { usePluginChange } from '../api/mutations.ts'
import { rollback } from '../api/plugins.ts'
import { confirmRollback } from './plugin-header.tsx'

export function ReleasesTab({ plugin }: { readonly plugin: Installation }) {
  const change = usePluginChange((version: string) => rollback(plugin.id, version), {
    done: (after) => `"${after.name}" now uses version ${after.version}`,
  })
  const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
  return (
    <Table verticalSpacing="sm">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Version</Table.Th>
          <Table.Th>Installed</Table.Th>
          <Table.Th visibleFrom="sm">Content</Table.Th>
          <Table.Th aria-label="Actions" />
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
                    In use
                  </Badge>
                )}
                {release.version === plugin.candidate?.version && (
                  <Badge variant="light" color="violet" tt="none">
                    {plugin.candidate.problem ? 'Waits for settings' : 'Waits for approval'}
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
            <Table.Td ta="right">
              {!release.active && release.version !== plugin.candidate?.version && (
                <Button
                  size="xs"
                  variant="default"
                  loading={change.isPending && change.variables === release.version}
                  onClick={() =>
                    confirmRollback(plugin, release.version, () => change.mutate(release.version))
                  }
                >
                  Use this version
                </Button>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
