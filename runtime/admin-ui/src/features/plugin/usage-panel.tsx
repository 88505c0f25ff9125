// What a plugin has used since the server started, below the main figures: one line for each quota.

import { Paper, Table, Text, Title } from '@mantine/core'
import type { Resources } from '../../../../../sdk/api/resources.ts'
import { t } from '../../languages/text.ts'
import { usageRows } from './usage-rows.ts'

export function UsagePanel({ resources }: { readonly resources: Resources }) {
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="usage-title">
      <Title order={2} size="h5" id="usage-title">
        {t('Usage')}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {t('Since the server started, over all releases')}
      </Text>
      <Table withRowBorders={false} verticalSpacing={4} horizontalSpacing={0}>
        <Table.Tbody>
          {usageRows(resources).map(({ label, value, bad }) => (
            <Table.Tr key={label}>
              <Table.Th fw={400} w="45%" scope="row">
                {label}
              </Table.Th>
              <Table.Td {...(bad ? { c: 'red', fw: 600 } : {})}>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  )
}
