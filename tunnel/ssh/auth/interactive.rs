//! What a person has to answer: passwords, and the server's own questions.

use russh::client::{Handler, KeyboardInteractiveAuthResponse as Reply, Prompt as Asked};
use zeroize::Zeroizing;

use super::plan::Outcome;
use super::{Login, LoginError, Told};
use crate::ssh::prompt::{NoAnswer, Question, printable};

/// How many rounds of questions are answered.
const MOST_ROUNDS: usize = 16;

/// How many questions of one round are put to the user; the others get an empty answer.
const MOST_QUESTIONS: usize = 16;

/// How many lines of one text of the server are shown.
const MOST_LINES: usize = 40;

/// A password in the report of a login.
const PASSWORD: &str = "a password";

impl<H: Handler> Login<'_, H> {
    /// Asks for the password and gives it to the server.
    pub(super) async fn password(&mut self) -> Result<Told, LoginError> {
        let is_again = self.report.tried.last().is_some_and(|last| last == PASSWORD);
        let refused = if is_again { "That was not accepted. " } else { "" };
        let text = format!("{refused}Password of {}@{}: ", self.target.user, self.target.typed);
        let password = match self.means.prompt.ask(Question { text, echo: false }).await {
            Ok(password) => password,
            Err(NoAnswer::Cancelled) => return Err(LoginError::Cancelled),
            Err(why) => return Ok(self.skip(format!("{PASSWORD} ({why})"))),
        };
        self.report.tried.push(PASSWORD.to_owned());
        // The library erases its own copy.
        let offer = self.handle.authenticate_password(self.target.user.clone(), password.as_str());
        let answer = self.grace.wait(offer).await;
        let answer = answer.ok_or_else(|| LoginError::Silent("password".to_owned()))?;
        self.answer(answer.ok(), Outcome::AnswerRefused).await
    }

    /// Answers the server's questions, as many rounds of them as it has.
    pub(super) async fn interactive(&mut self) -> Result<Told, LoginError> {
        let user = self.target.user.clone();
        let silent = || LoginError::Silent("answers".to_owned());
        let start = self.handle.authenticate_keyboard_interactive_start(user, None);
        let mut reply = self.grace.wait(start).await.ok_or_else(silent)?.ok();
        let (mut asked, mut typed) = (false, false);
        for _ in 0..MOST_ROUNDS {
            match reply {
                Some(Reply::Success) => return Ok(Told::In),
                Some(Reply::Failure { remaining_methods, partial_success })
                    if !remaining_methods.is_empty() =>
                {
                    let tried = if asked {
                        "answers to the server's questions"
                    } else {
                        "keyboard-interactive, where the server asked nothing"
                    };
                    self.report.tried.push(tried.to_owned());
                    let no = if typed { Outcome::AnswerRefused } else { Outcome::Refused };
                    return Ok(
                        self.no(&remaining_methods, if partial_success { Outcome::Partial } else { no })
                    );
                }
                Some(Reply::InfoRequest { name, instructions, prompts }) => {
                    asked |= !prompts.is_empty();
                    let mut answers = self.answers(&name, &instructions, &prompts).await?;
                    typed |= answers.iter().any(|answer| !answer.is_empty());
                    let answers = answers.iter_mut().map(|answer| std::mem::take(&mut **answer)).collect();
                    let respond = self.handle.authenticate_keyboard_interactive_respond(answers);
                    reply = self.grace.wait(respond).await.ok_or_else(silent)?.ok();
                }
                _ => return Err(self.gone().await),
            }
        }
        Err(LoginError::Endless)
    }

    async fn answers(
        &self,
        name: &str,
        instructions: &str,
        prompts: &[Asked],
    ) -> Result<Vec<Zeroizing<String>>, LoginError> {
        for text in [name, instructions] {
            if !text.trim().is_empty() {
                self.means.prompt.show(&self.marked(text));
            }
        }
        let mut answers = Vec::new();
        for Asked { prompt, echo } in prompts.iter().take(MOST_QUESTIONS) {
            let text = self.marked(prompt);
            match self.means.prompt.ask(Question { text, echo: *echo }).await {
                Ok(answer) => answers.push(answer),
                Err(_) => return Err(LoginError::Cancelled),
            }
        }
        answers.resize_with(prompts.len(), Zeroizing::default);
        Ok(answers)
    }

    /// Words of the server, each line marked as such: it could pass for a question of ours.
    fn marked(&self, text: &str) -> String {
        let mark = format!("({}@{}) ", self.target.user, self.target.typed);
        let text = printable(text);
        let lines = text.split('\n').map(str::trim_end).filter(|line| !line.is_empty()).take(MOST_LINES);
        lines.map(|line| format!("{mark}{line} ")).collect::<Vec<_>>().join("\n")
    }
}
