-- Keeps a response if the round is open and the revision rises, in one step (R2, R3, R5).
-- Answers 1 when it is kept, nil when the round is not open, else what is kept.
-- KEYS: rounds, responses. ARGV: round, participant, revision in twenty digits, body.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= 'open' then
  return false
end
local kept = redis.call('HGET', KEYS[2], ARGV[2])
-- Compared as text of one length: Lua's numbers are too short for a revision.
if kept and string.sub(kept, 1, 20) >= ARGV[3] then
  return kept
end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3] .. ARGV[4])
return 1
