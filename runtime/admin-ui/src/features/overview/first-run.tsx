// An installation without plugins explains itself: install one, try a sample, make one, or develop in a folder.

import {
  Box,
  Button,
  Card,
  Group,
  List,
  Paper,
  SimpleGrid,
  Stack,
  Text,
  ThemeIcon,
  Title,
} from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Sample } from '../../../../../sdk/api/samples.ts'
import { samplesQuery } from '../../api/plugins.ts'
import { samplePackage } from '../../api/upload.ts'
import { useMay } from '../../app/session.ts'
import { Copyable } from '../../components/copyable.tsx'
import type { IconName } from '../../components/icon-paths.ts'
import { Icon } from '../../components/icons.tsx'
import { t } from '../../languages/text.ts'
import { useReview } from '../install/upload-area.tsx'
import { UploadButton } from '../install/upload-button.tsx'

/** As the server says: in a checkout it is called otherwise than where the package is installed. */
function programName(): string {
  return document.querySelector<HTMLMetaElement>('meta[name=plugbay-program]')?.content ?? 'npx plugbay'
}

export function FirstRun() {
  const program = programName()
  const may = useMay()
  return (
    <Stack>
      <Paper withBorder p="xl" style={{ borderStyle: 'dashed' }}>
        <Stack align="center" gap="lg">
          <ThemeIcon size={72} radius="xl" variant="light">
            <Icon name="plug" size={40} />
          </ThemeIcon>
          <Box ta="center">
            <Title order={1} size="h2">
              {t('No plugins yet')}
            </Title>
            <Text c="dimmed" maw={520} mt="xs">
              {t(
                'A plugin is a zip file that adds pages and functions to this server. It runs in a sandbox: it can only do what you allow.',
              )}
            </Text>
          </Box>
          {may('plugins.manage') && (
            <Stack align="center" gap={6}>
              <UploadButton label={t('Choose a zip file')} />
              <Text size="sm" c="dimmed" visibleFrom="sm">
                {t('or drop it anywhere on this page')}
              </Text>
            </Stack>
          )}
          <List type="ordered" spacing="xs" maw={520} size="sm">
            <List.Item>{t('Upload a zip. It is checked, and nothing of it runs yet.')}</List.Item>
            <List.Item>{t('Read what it asks for, in plain words, and decide.')}</List.Item>
            <List.Item>{t('Enable it. It is live at once; no restart is needed.')}</List.Item>
          </List>
        </Stack>
      </Paper>
      <SimpleGrid cols={{ base: 1, md: 3 }}>
        <Samples />
        <Way
          icon="bolt"
          title={t('Make your own')}
          text={t('A folder with a manifest, a backend and a page, then its zip:')}
        >
          <Copyable command={`${program} create my-plugin`} />
          <Copyable command={`${program} pack my-plugin`} />
        </Way>
        <Way
          icon="reload"
          title={t('Develop in a folder')}
          text={t('A server of its own, in which every file that you save is live at once:')}
        >
          <Copyable command={`${program} dev my-plugin`} />
        </Way>
      </SimpleGrid>
    </Stack>
  )
}

/** Where the server has some, each is reviewed like any package; an application that embeds the runtime has none. */
function Samples() {
  const may = useMay()
  const samples = useQuery({ ...samplesQuery, enabled: may('plugins.view') })
  const offered = may('plugins.manage') ? (samples.data ?? []) : []
  if (offered.length === 0)
    return (
      <Way
        icon="pieces"
        title={t('Try a sample')}
        text={t('In a checkout of Plugbay, this installs a guestbook into this server:')}
      >
        <Copyable command="npm run plugbay -- install sample-plugins/guestbook" />
      </Way>
    )
  return (
    <Way
      icon="pieces"
      title={t('Try a sample')}
      text={t('They come with Plugbay. See what one asks for, then decide:')}
    >
      <SampleButtons samples={offered.filter(({ misbehaves }) => !misbehaves)} />
      {offered.some(({ misbehaves }) => misbehaves) && (
        <>
          <Text size="sm">{t('This one exceeds its limits on purpose, to be stopped:')}</Text>
          <SampleButtons samples={offered.filter(({ misbehaves }) => misbehaves)} />
        </>
      )}
    </Way>
  )
}

function SampleButtons({ samples }: { readonly samples: readonly Sample[] }) {
  const review = useReview()
  return (
    <Group gap="xs">
      {samples.map(({ id }) => (
        <Button key={id} size="compact-sm" variant="default" onClick={() => review([samplePackage(id)])}>
          {id}
        </Button>
      ))}
    </Group>
  )
}

interface WayProps {
  readonly icon: IconName
  readonly title: string
  readonly text: string
  readonly children: ReactNode
}

function Way({ icon, title, text, children }: WayProps) {
  return (
    <Card withBorder padding="md" component="section">
      <Stack gap="xs">
        <Title order={2} size="h5">
          <Icon name={icon} size={16} /> {title}
        </Title>
        <Text size="sm">{text}</Text>
        {children}
      </Stack>
    </Card>
  )
}
