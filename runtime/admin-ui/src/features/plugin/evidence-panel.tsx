// Why a plugin is in quarantine: its failures, the stack of the last error, its resource usage, and its last log lines.

import { Box, Paper, Stack, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Evidence } from '../../../../../sdk/api/evidence.ts'
import { ApiError, asErrorDocument } from '../../api/client.ts'
import { evidenceQuery } from '../../api/plugins.ts'
import { ErrorText } from '../../components/error-text.tsx'
import { language, plural, t, timeText } from '../../languages/text.ts'
import { LogView } from '../log/log-view.tsx'
import { evidenceRows } from './usage-rows.ts'

export function EvidencePanel({ id }: { readonly id: string }) {
  const { data, error } = useQuery(evidenceQuery(id))
  const isMissing = error === null || (error instanceof ApiError && error.status === 404)
  if (data === undefined && isMissing) return null
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="evidence-title">
      <Title order={2} size="h5" id="evidence-title">
        {t('What happened')}
      </Title>
      {data === undefined ? <ErrorText document={asErrorDocument(error)} /> : <Facts evidence={data} />}
    </Paper>
  )
}

function Facts({ evidence }: { readonly evidence: Evidence }) {
  const { version, time, failures, stack, log, resources } = evidence
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t('Version {version}, stopped on {time}. Kept until it is started again.', {
          version,
          time: timeText(time),
        })}
      </Text>
      <Table.ScrollContainer minWidth={440}>
        <Table verticalSpacing={4} horizontalSpacing="xs">
          <Table.Tbody>
            {failures.map((failure, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: failures have no identity and never change
              <Table.Tr key={index}>
                <Table.Th fw={400} scope="row" style={{ whiteSpace: 'nowrap' }}>
                  <time dateTime={failure.time}>{new Date(failure.time).toLocaleTimeString(language)}</time>
                </Table.Th>
                <Table.Td>{failure.message}</Table.Td>
                <Table.Td c="dimmed">{failure.code}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Text size="sm">
        {evidenceRows(resources)
          .map(({ label, value }) => `${label}: ${value}`)
          .join(' · ')}
      </Text>
      {stack !== null && (
        <Box component="pre" className="code-frame" tabIndex={0} aria-label={t('Stack of the last error')}>
          {stack}
        </Box>
      )}
      {log.length > 0 && (
        <details>
          <summary>
            {plural('Its last log line before that', 'Its last {count} log lines before that', {
              count: log.length,
            })}
          </summary>
          <LogView lines={log} follow={false} />
        </details>
      )}
    </Stack>
  )
}
