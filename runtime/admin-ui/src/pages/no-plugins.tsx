// The first page of a new operator: what a plugin is, and how to install one.

import { Box, Code, List, Paper, Stack, Text, ThemeIcon, Title } from '@mantine/core'
import { Icon } from '../components/icons.tsx'
import { UploadButton } from '../upload/upload-button.tsx'

export function NoPlugins() {
  return (
    <Paper withBorder p="xl" mt="md" style={{ borderStyle: 'dashed' }}>
      <Stack align="center" gap="lg">
        <ThemeIcon size={72} radius="xl" variant="light">
          <Icon name="plug" size={40} />
        </ThemeIcon>
        <Box ta="center">
          <Title order={1} size="h2">
            No plugins yet
          </Title>
          <Text c="dimmed" maw={520} mt="xs">
            A plugin is a zip file that adds pages and functions to this server. It runs in a sandbox: it can
            only do what you allow.
          </Text>
        </Box>
        <Stack align="center" gap={6}>
          <UploadButton label="Choose a zip file" />
          <Text size="sm" c="dimmed" visibleFrom="sm">
            or drop it anywhere on this page
          </Text>
        </Stack>
        <List type="ordered" spacing="xs" maw={520} size="sm">
          <List.Item>Upload a zip. It is checked, and nothing of it runs yet.</List.Item>
          <List.Item>Read what it asks for, in plain words, and decide.</List.Item>
          <List.Item>Enable it. It is live at once; no restart is needed.</List.Item>
        </List>
        <Text size="sm" c="dimmed" ta="center">
          To write your own, run <Code>npx plugbay create my-plugin</Code> in a terminal.
        </Text>
      </Stack>
    </Paper>
  )
}
