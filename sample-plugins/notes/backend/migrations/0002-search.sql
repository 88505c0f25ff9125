-- The words of all notes; triggers keep them up to date, whoever writes.
CREATE VIRTUAL TABLE note_words USING fts5 (note_id UNINDEXED, text);

INSERT INTO note_words (note_id, text) SELECT id, text FROM note;

CREATE TRIGGER note_added AFTER INSERT ON note BEGIN
  INSERT INTO note_words (note_id, text) VALUES (new.id, new.text);
END;

CREATE TRIGGER note_removed AFTER DELETE ON note BEGIN
  DELETE FROM note_words WHERE note_id = old.id;
END;
