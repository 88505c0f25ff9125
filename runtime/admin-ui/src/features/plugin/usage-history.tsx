// What the plugin has used over the last hour or day: charts, and the same figures as a table.

import { Group, SegmentedControl, SimpleGrid, Skeleton, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { UsagePeriod, UsagePoint } from '../../../../../sdk/api/usage.ts'
import { usageHistoryQuery } from '../../api/plugins.ts'
import { ColumnChart } from '../../components/column-chart.tsx'
import { LoadError } from '../../components/load-error.tsx'
import { Section } from '../../components/section.tsx'
import { language, number, t } from '../../languages/text.ts'

interface PeriodRow {
  readonly label: string
  /** Of the leftmost point. */
  readonly began: string
  /** As many points as the server keeps. */
  readonly places: number
}

const PERIODS: Readonly<Record<UsagePeriod, PeriodRow>> = {
  hour: { label: t('Last hour'), began: t('an hour ago'), places: 60 },
  day: { label: t('Last day'), began: t('a day ago'), places: 96 },
}

interface FigureRow {
  readonly name: string
  readonly of: (point: UsagePoint) => number
  readonly text: (value: number) => string
  /** A chart is never scaled to less. */
  readonly least: number
}

const FIGURES: readonly FigureRow[] = [
  {
    name: t('CPU'),
    of: ({ cpuPercent }) => cpuPercent,
    text: (value) => t('{value} %', { value: number(value) }),
    least: 5,
  },
  {
    name: t('Memory'),
    of: ({ memoryMb }) => memoryMb,
    text: (value) => t('{value} MB', { value: number(value) }),
    least: 8,
  },
  { name: t('Requests'), of: ({ requests }) => requests, text: number, least: 4 },
  { name: t('Errors'), of: ({ errors }) => errors, text: number, least: 4 },
]

const times = new Intl.DateTimeFormat(language, { timeStyle: 'short' })

export function UsageHistory({ id }: { readonly id: string }) {
  const [period, setPeriod] = useState<UsagePeriod>('hour')
  const history = useQuery(usageHistoryQuery(id, period))
  // What is shown until the other period has arrived.
  const [shown, setShown] = useState(period)
  if (!history.isPlaceholderData && history.data !== undefined && shown !== period) setShown(period)
  return (
    <Section id="usage-history" title={t('Over time')}>
      <Group justify="space-between" gap="xs">
        <Text size="sm" c="dimmed">
          {t('With background tasks; kept until the server ends')}
        </Text>
        <SegmentedControl
          size="xs"
          aria-label={t('Period')}
          data={Object.entries(PERIODS).map(([value, { label }]) => ({ value, label }))}
          value={period}
          onChange={(value) => setPeriod(value as UsagePeriod)}
        />
      </Group>
      {history.isPending && <Skeleton h={240} radius="md" />}
      {history.isError && history.data === undefined && (
        <LoadError error={history.error} retry={() => void history.refetch()} />
      )}
      {history.data && <Charts points={history.data} row={PERIODS[shown]} />}
    </Section>
  )
}

interface ChartsProps {
  readonly points: readonly UsagePoint[]
  readonly row: PeriodRow
}

function Charts({ points, row }: ChartsProps) {
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
        {FIGURES.map((figure) => (
          <Chart key={figure.name} points={points} row={row} figure={figure} />
        ))}
      </SimpleGrid>
      <details>
        <Text component="summary" size="sm">
          {t('The same as a table')}
        </Text>
        <PointTable points={points} />
      </details>
    </>
  )
}

interface ChartProps extends ChartsProps {
  readonly figure: FigureRow
}

function Chart({ points, row, figure: { name, of, text, least } }: ChartProps) {
  const most = text(Math.max(0, ...points.map(of)))
  return (
    <figure className="usage-chart">
      <Group component="figcaption" justify="space-between" gap="xs" wrap="nowrap">
        <Title order={3} size="h6">
          {name}
        </Title>
        <Text size="xs" c="dimmed">
          {t('at most {value}', { value: most })}
        </Text>
      </Group>
      {/* Time runs the same way in every language. */}
      <div dir="ltr">
        <ColumnChart
          columns={points.map((point) => ({
            value: of(point),
            label: `${times.format(new Date(point.at))} · ${text(of(point))}`,
          }))}
          places={row.places}
          least={least}
          label={`${name}, ${row.label}: ${t('at most {value}', { value: most })}`}
        />
        <Group justify="space-between">
          <Small>{row.began}</Small>
          <Small>{t('now')}</Small>
        </Group>
      </div>
    </figure>
  )
}

function Small({ children }: { readonly children: ReactNode }) {
  return (
    <Text size="xs" c="dimmed">
      <bdi>{children}</bdi>
    </Text>
  )
}

/** The newest first. */
function PointTable({ points }: { readonly points: readonly UsagePoint[] }) {
  return (
    <Table.ScrollContainer minWidth={320} maxHeight={320}>
      <Table stickyHeader aria-label={t('Over time')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('Time')}</Table.Th>
            {FIGURES.map(({ name }) => (
              <Table.Th key={name} ta="end">
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {points.toReversed().map((point) => (
            <Table.Tr key={point.at}>
              <Table.Th fw={400} scope="row">
                <time dateTime={point.at}>{times.format(new Date(point.at))}</time>
              </Table.Th>
              {FIGURES.map(({ name, of, text }) => (
                <Table.Td key={name} ta="end">
                  {text(of(point))}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
