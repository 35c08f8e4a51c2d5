-- Who was erased and taken up again is somebody new: it stays known that they were erased.
ALTER TABLE erased_learners ADD COLUMN readmitted_at INTEGER;
